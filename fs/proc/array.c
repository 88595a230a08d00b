/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/array.c - /proc/PID/stat, statm, status, limits, comm: a task in numbers and in words.
 *
 * stat is for programs: one line of 52 numbers, whose order is the interface. status is for people: a name before each number.
 * Numbers of things that this kernel does not have (swap, tracing, namespaces) are what they are on a Linux that does not use them: 0.
 *
 * Each reader takes what it needs under the lock that guards it and writes the text afterwards, so a line may mix two moments, but no
 * number is torn. Fields that show an address (esp, eip, the bounds of code and stack) are 0 for those who may not look inside.
 *
 * Locking: tasklist_lock for parent, group and session; siglock for signals and sums; mmap_lock is not needed for single numbers of
 * an address space. Linux: fs/proc/array.c.
 */
#include <primer/cpumask.h>
#include <primer/cred.h>
#include <primer/fdtable.h>
#include <primer/fs_struct.h>
#include <primer/string.h>
#include <primer/time.h>
#include <primer/workqueue.h>

#include "internal.h"

/* What signal_struct and its threads say, in one look. */
struct group_numbers {
	pid_t ppid, pgid, sid, tty_pgrp;
	int nr_threads;
	u64 utime, stime, cutime, cstime;		/* ns */
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt, rsslim;
	unsigned int sigqueue;
	unsigned long sigqueue_limit;
	sigset_t pending, shared, blocked, ignored, caught;
};

static void collect_handlers(struct task_struct *task, struct group_numbers *n)
{
	int i;

	for (i = 1; i <= _NSIG; i++) {
		__sighandler_t handler = task->sighand->action[i - 1].sa.sa_handler;

		if (handler == SIG_IGN)
			sigaddset(&n->ignored, i);
		else if (handler != SIG_DFL)
			sigaddset(&n->caught, i);
	}
}

/* @whole: of all threads, else of @task. */
static void collect(struct task_struct *task, struct group_numbers *n, bool whole)
{
	struct signal_struct *sig = task->signal;
	struct task_struct *t;
	unsigned long flags;
	u64 ut, st;

	memset(n, 0, sizeof(*n));
	read_lock(&tasklist_lock);
	if (pid_alive(task)) {
		n->ppid = task->real_parent->tgid;
		n->pgid = task_pgrp_vnr(task);
		n->sid = task_session_vnr(task);
	}
	n->nr_threads = sig->nr_threads;
	n->cutime = sig->cutime;
	n->cstime = sig->cstime;
	n->cmin_flt = sig->cmin_flt;
	n->cmaj_flt = sig->cmaj_flt;
	if (whole && pid_alive(task)) {
		for_each_thread(task, t) {
			task_cputime(t, &ut, &st);
			n->utime += ut;
			n->stime += st;
			n->min_flt += t->min_flt;
			n->maj_flt += t->maj_flt;
		}
		n->utime += sig->utime;
		n->stime += sig->stime;
		n->min_flt += sig->min_flt;
		n->maj_flt += sig->maj_flt;
	} else {
		task_cputime(task, &n->utime, &n->stime);
		n->min_flt = task->min_flt;
		n->maj_flt = task->maj_flt;
	}
	n->tty_pgrp = -1;
	if (lock_task_sighand(task, &flags)) {
		n->pending = task->pending.signal;
		n->shared = sig->shared_pending.signal;
		n->blocked = task->blocked;
		collect_handlers(task, n);
		n->sigqueue = atomic_read(&sig->nr_sigqueue);
		unlock_task_sighand(task, &flags);
	}
	read_unlock(&tasklist_lock);
	n->rsslim = task_rlimit(task, RLIMIT_RSS);
	n->sigqueue_limit = task_rlimit(task, RLIMIT_SIGPENDING);
}

/* ---- stat ---------------------------------------------------------------------------------------------------------------------------------- */

static int do_task_stat(struct seq_file *m, struct task_struct *task, bool whole)
{
	struct mm_struct *mm = get_task_mm(task);
	bool permitted = ptrace_may_access(task);
	unsigned long long vsize = mm ? mm->total_vm << PAGE_SHIFT : 0;
	char comm[64];
	struct group_numbers n;

	collect(task, &n, whole);
	wq_worker_comm(comm, sizeof(comm), task);
	seq_printf(m, "%d (%s) %c %d %d %d 0 %d %u %lu %lu %lu %lu", whole ? task->tgid : task->pid, comm,
		   task_state_to_char(task), n.ppid, n.pgid, n.sid, n.tty_pgrp, task->flags, n.min_flt, n.cmin_flt, n.maj_flt, n.cmaj_flt);
	seq_printf(m, " %llu %llu %llu %llu %d %d %d 0 %llu", nsec_to_clock_t(n.utime), nsec_to_clock_t(n.stime),
		   nsec_to_clock_t(n.cutime), nsec_to_clock_t(n.cstime), task->prio - MAX_RT_PRIO, task_nice(task), n.nr_threads,
		   nsec_to_clock_t(task->start_boottime));
	seq_printf(m, " %llu %lu %lu", vsize, mm ? get_mm_rss(mm) : 0, n.rsslim);
	/* The bounds of the text are known to anybody who has the program: 1, as Linux says. */
	seq_printf(m, " %lu %lu %lu 0 0", mm ? (permitted ? mm->start_code : 1) : 0, mm ? (permitted ? mm->end_code : 1) : 0,
		   mm && permitted ? mm->start_stack : 0);
	/* Signals as masks of 31 bits, from a time when there were no more. */
	seq_printf(m, " %lu %lu %lu %lu", (unsigned long)(n.pending & 0x7fffffffUL), (unsigned long)(n.blocked & 0x7fffffffUL),
		   (unsigned long)(n.ignored & 0x7fffffffUL), (unsigned long)(n.caught & 0x7fffffffUL));
	seq_printf(m, " %d 0 0 %d %d %u %u 0 0 0", task_is_running(task) ? 0 : 1, task->exit_signal, task_cpu(task), task->rt_priority,
		   task->policy);
	if (mm && permitted)
		seq_printf(m, " %lu %lu %lu %lu %lu %lu %lu %d\n", mm->start_data, mm->end_data, mm->start_brk, mm->arg_start, mm->arg_end,
			   mm->env_start, mm->env_end, task->exit_code);
	else
		seq_puts(m, " 0 0 0 0 0 0 0 0\n");
	if (mm)
		mmput(mm);
	return 0;
}

int proc_tgid_stat(struct seq_file *m, struct task_struct *task)
{
	return do_task_stat(m, task, true);
}

int proc_tid_stat(struct seq_file *m, struct task_struct *task)
{
	return do_task_stat(m, task, false);
}

/* ---- statm --------------------------------------------------------------------------------------------------------------------------------- */

int proc_pid_statm(struct seq_file *m, struct task_struct *task)
{
	unsigned long size = 0, resident = 0, shared = 0, text = 0, data = 0;
	struct mm_struct *mm = get_task_mm(task);

	if (mm) {
		size = task_statm(mm, &shared, &text, &data, &resident);
		mmput(mm);
	}
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", size, resident, shared, text, data);
	return 0;
}

/* ---- status -------------------------------------------------------------------------------------------------------------------------------- */

static const char *state_words(struct task_struct *task)
{
	static const struct { char letter; const char *words; } states[] = {
		{ 'R', "R (running)" }, { 'S', "S (sleeping)" }, { 'D', "D (disk sleep)" }, { 'T', "T (stopped)" },
		{ 't', "t (tracing stop)" }, { 'X', "X (dead)" }, { 'Z', "Z (zombie)" }, { 'P', "P (parked)" }, { 'I', "I (idle)" },
	};
	char letter = task_state_to_char(task);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states) - 1 && states[i].letter != letter; i++)
		;
	return states[i].words;
}

static void status_ids(struct seq_file *m, struct task_struct *task, const struct group_numbers *n)
{
	const struct cred *cred = get_task_cred(task);
	unsigned int fds = 0;
	int umask = -1, i;

	task_lock(task);
	if (task->fs)
		umask = task->fs->umask;
	if (task->files)
		fds = READ_ONCE(task->files->fdt)->max_fds;
	task_unlock(task);
	if (umask >= 0)
		seq_printf(m, "Umask:\t%#04o\n", umask);
	seq_printf(m, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", state_words(task), task->tgid, task->pid,
		   n->ppid);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t", cred->uid, cred->euid, cred->suid, cred->fsuid,
		   cred->gid, cred->egid, cred->sgid, cred->fsgid, fds);
	for (i = 0; i < cred->group_info->ngroups; i++)
		seq_printf(m, "%s%u", i ? " " : "", cred->group_info->gid[i]);
	put_cred(cred);
	seq_printf(m, " \nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", task->tgid, task->pid, n->pgid, n->sid);
}

#define KB(pages)	((pages) << (PAGE_SHIFT - 10))

static void status_mem(struct seq_file *m, struct mm_struct *mm)
{
	unsigned long text = (PAGE_ALIGN(mm->end_code) - (mm->start_code & PAGE_MASK)) >> 10, lib = KB(mm->exec_vm);
	unsigned long anon = get_mm_counter(mm, MM_ANONPAGES), file = get_mm_counter(mm, MM_FILEPAGES);
	unsigned long shmem = get_mm_counter(mm, MM_SHMEMPAGES);

	text = min(text, lib);
	lib -= text;
	seq_printf(m, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmPin:\t%8lu kB\n", KB(max(mm->hiwater_vm, mm->total_vm)),
		   KB(mm->total_vm), KB(mm->locked_vm), 0UL);
	seq_printf(m, "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\nRssFile:\t%8lu kB\nRssShmem:\t%8lu kB\n",
		   KB(get_mm_hiwater_rss(mm)), KB(anon + file + shmem), KB(anon), KB(file), KB(shmem));
	seq_printf(m, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\nVmLib:\t%8lu kB\nVmPTE:\t%8lu kB\nVmSwap:\t%8lu kB\n",
		   KB(mm->data_vm), KB(mm->stack_vm), text, lib, (unsigned long)atomic_long_read(&mm->pgtables_bytes) >> 10, 0UL);
	seq_printf(m, "HugetlbPages:\t%8lu kB\nCoreDumping:\t0\nTHP_enabled:\t0\n", 0UL);
}

static void status_signals(struct seq_file *m, const struct group_numbers *n)
{
	seq_printf(m, "Threads:\t%d\nSigQ:\t%u/%lu\n", n->nr_threads, n->sigqueue, n->sigqueue_limit);
	seq_printf(m, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n",
		   (unsigned long long)n->pending, (unsigned long long)n->shared, (unsigned long long)n->blocked,
		   (unsigned long long)n->ignored, (unsigned long long)n->caught);
}

static void status_caps(struct seq_file *m, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);

	seq_printf(m, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\nCapAmb:\t%016llx\n", cred->cap_inheritable,
		   cred->cap_permitted, cred->cap_effective, cred->cap_bset, cred->cap_ambient);
	put_cred(cred);
	seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tunknown\n", task->no_new_privs);
}

int proc_pid_status(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long cpus[1] = { cpumask_bits(&task->cpus_mask)[0] };
	char comm[64];
	struct group_numbers n;

	collect(task, &n, true);
	wq_worker_comm(comm, sizeof(comm), task);
	seq_puts(m, "Name:\t");
	seq_escape(m, comm, "\n\\");
	seq_putc(m, '\n');
	status_ids(m, task, &n);
	if (mm) {
		status_mem(m, mm);
		mmput(mm);
	}
	status_signals(m, &n);
	status_caps(m, task);
	seq_printf(m, "Cpus_allowed:\t%*pb\nCpus_allowed_list:\t%*pbl\n", (int)nr_cpu_ids, cpus,
		   (int)nr_cpu_ids, cpus);
	seq_puts(m, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
	seq_printf(m, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", task->nvcsw, task->nivcsw);
	return 0;
}

/* ---- limits, comm -------------------------------------------------------------------------------------------------------------------------- */

int proc_pid_limits(struct seq_file *m, struct task_struct *task)
{
	static const struct { const char *name, *unit; } names[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", NULL },
		[RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	unsigned int i;

	seq_puts(m, "Limit                     Soft Limit           Hard Limit           Units     \n");
	for (i = 0; i < RLIM_NLIMITS; i++) {
		unsigned long soft = task_rlimit(task, i), hard = task_rlimit_max(task, i);

		seq_printf(m, "%-25s ", names[i].name);
		if (soft == RLIM_INFINITY)
			seq_printf(m, "%-20s ", "unlimited");
		else
			seq_printf(m, "%-20lu ", soft);
		if (hard == RLIM_INFINITY)
			seq_printf(m, "%-20s ", "unlimited");
		else
			seq_printf(m, "%-20lu ", hard);
		if (names[i].unit)
			seq_printf(m, "%-10s\n", names[i].unit);
		else
			seq_putc(m, '\n');
	}
	return 0;
}

int proc_pid_comm(struct seq_file *m, struct task_struct *task)
{
	char comm[64];

	wq_worker_comm(comm, sizeof(comm), task);
	seq_printf(m, "%s\n", comm);
	return 0;
}
