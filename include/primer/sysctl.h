/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/sysctl.h - numbers and words that an administrator may change: /proc/sys. The theory is in
 * fs/proc/proc_sysctl.c.
 */
#ifndef PRIMER_SYSCTL_H
#define PRIMER_SYSCTL_H

#include <primer/types.h>

struct ctl_table;

/*
 * A handler moves one file's value between the variable and its text.
 *
 * @buffer: in the kernel; a write has *@lenp bytes and a zero behind them, a read may fill *@lenp bytes. On return
 * *@lenp is what was taken or made, and *@ppos has moved on. Returns 0 or -errno. Context: task; may sleep; two may run
 * at once, so a handler that does more than store one word needs a lock of its own.
 */
typedef int proc_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos);

/* One file. [immutable once registered; a table ends with an entry without a name] */
struct ctl_table {
	const char *procname;
	void *data;			/* the variable */
	int maxlen;			/* its size, bytes: of a vector, several words */
	umode_t mode;			/* who may read and write: owner and group are root's; 0: nobody */
	proc_handler *proc_handler;
	void *extra1, *extra2;		/* least and greatest value, or what the handler likes */
};

/*
 * register_sysctl - make the files of @table in the directory /proc/sys/@path ("kernel", "net/ipv4"), and that if need
 * be
 *
 * The table stays in use. Files may be added to one directory from many places. Returns 0, -ENOMEM, -EEXIST for a name
 * that is taken. Context: task, from fs_initcall on; may sleep.
 */
int register_sysctl(const char *path, struct ctl_table *table);

/*
 * The usual handlers. proc_dostring: maxlen bytes with the zero. proc_dointvec, proc_douintvec: one or more ints,
 * separated by blanks; the _minmax forms refuse (-EINVAL) what is not between *extra1 and *extra2, where these are not
 * NULL. proc_doulongvec_minmax: unsigned longs. proc_dointvec_jiffies: seconds outside, jiffies inside.
 * proc_dointvec_ms_jiffies: milliseconds outside.
 */
proc_handler proc_dostring, proc_dointvec, proc_douintvec, proc_dointvec_minmax, proc_douintvec_minmax,
	proc_doulongvec_minmax, proc_dointvec_jiffies, proc_dointvec_ms_jiffies;

/* Bounds for extra1 and extra2. */
extern int sysctl_vals[];
#define SYSCTL_ZERO		((void *)&sysctl_vals[0])
#define SYSCTL_ONE		((void *)&sysctl_vals[1])
#define SYSCTL_TWO		((void *)&sysctl_vals[2])
#define SYSCTL_FOUR		((void *)&sysctl_vals[3])
#define SYSCTL_ONE_HUNDRED	((void *)&sysctl_vals[4])
#define SYSCTL_ONE_THOUSAND	((void *)&sysctl_vals[5])
#define SYSCTL_INT_MAX		((void *)&sysctl_vals[6])

#endif
