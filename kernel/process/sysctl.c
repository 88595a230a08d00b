/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/sysctl.c - what of the rooms below can be set in /proc/sys/kernel and /proc/sys/vm.
 *
 * The variables belong to rooms that know no files; here is who may change them, and between which bounds. The ratio
 * and the kilobytes of the commit limit exclude each other: setting one clears the other.
 *
 * Locking: uts_sem for the names. Everything else is one word, which its room reads as it finds it.
 *
 * Linux: kernel/sysctl.c, mm/util.c. The tables there hold the variables of nearly every subsystem.
 */
#include <primer/cred.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/mman.h>
#include <primer/oom.h>
#include <primer/pid.h>
#include <primer/sysctl.h>
#include <primer/utsname.h>
#include <primer/vm.h>
#include <uapi/capability.h>

static int overcommit_ratio_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err = proc_dointvec_minmax(ctl, write, buffer, lenp, ppos);

	if (!err && write)
		sysctl_overcommit_kbytes = 0;
	return err;
}

static int overcommit_kbytes_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err = proc_doulongvec_minmax(ctl, write, buffer, lenp, ppos);

	if (!err && write)
		sysctl_overcommit_ratio = 0;
	return err;
}

static int mmap_min_addr_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	if (write && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	return proc_doulongvec_minmax(ctl, write, buffer, lenp, ppos);
}

static struct ctl_table vm_table[] = {
	{ .procname = "overcommit_memory", .data = &sysctl_overcommit_memory, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_TWO },
	{ .procname = "overcommit_ratio", .data = &sysctl_overcommit_ratio, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = overcommit_ratio_handler, .extra1 = SYSCTL_ZERO },
	{ .procname = "overcommit_kbytes", .data = &sysctl_overcommit_kbytes, .maxlen = sizeof(long), .mode = 0644,
	  .proc_handler = overcommit_kbytes_handler },
	{ .procname = "max_map_count", .data = &sysctl_max_map_count, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO },
	{ .procname = "mmap_min_addr", .data = &mmap_min_addr, .maxlen = sizeof(long), .mode = 0644,
	  .proc_handler = mmap_min_addr_handler },
	{ .procname = "admin_reserve_kbytes", .data = &sysctl_admin_reserve_kbytes, .maxlen = sizeof(long), .mode = 0644,
	  .proc_handler = proc_doulongvec_minmax },
	{ .procname = "panic_on_oom", .data = &sysctl_panic_on_oom, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_TWO },
	{ .procname = "oom_kill_allocating_task", .data = &sysctl_oom_kill_allocating_task, .maxlen = sizeof(int),
	  .mode = 0644, .proc_handler = proc_dointvec },
	{ .procname = "oom_dump_tasks", .data = &sysctl_oom_dump_tasks, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec },
	{ .procname = "user_reserve_kbytes", .data = &sysctl_user_reserve_kbytes, .maxlen = sizeof(long), .mode = 0644,
	  .proc_handler = proc_doulongvec_minmax },
	{ }
};

static int uts_handler(struct ctl_table *ctl, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	int err;

	if (write)
		down_write(&uts_sem);
	else
		down_read(&uts_sem);
	err = proc_dostring(ctl, write, buffer, lenp, ppos);
	if (write)
		up_write(&uts_sem);
	else
		up_read(&uts_sem);
	return err;
}

static int cap_last_cap = CAP_LAST_CAP, ngroups_max = NGROUPS_MAX, pid_max_min = 301, pid_max_max = 4 << 20;

static struct ctl_table kern_table[] = {
	{ .procname = "ostype", .data = system_utsname.sysname, .maxlen = sizeof(system_utsname.sysname), .mode = 0444,
	  .proc_handler = uts_handler },
	{ .procname = "osrelease", .data = system_utsname.release, .maxlen = sizeof(system_utsname.release),
	  .mode = 0444, .proc_handler = uts_handler },
	{ .procname = "version", .data = system_utsname.version, .maxlen = sizeof(system_utsname.version), .mode = 0444,
	  .proc_handler = uts_handler },
	{ .procname = "hostname", .data = system_utsname.nodename, .maxlen = sizeof(system_utsname.nodename),
	  .mode = 0644, .proc_handler = uts_handler },
	{ .procname = "domainname", .data = system_utsname.domainname, .maxlen = sizeof(system_utsname.domainname),
	  .mode = 0644, .proc_handler = uts_handler },
	{ .procname = "randomize_va_space", .data = &randomize_va_space, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec },
	{ .procname = "pid_max", .data = &pid_max, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = &pid_max_min, .extra2 = &pid_max_max },
	{ .procname = "cap_last_cap", .data = &cap_last_cap, .maxlen = sizeof(int), .mode = 0444,
	  .proc_handler = proc_dointvec },
	{ .procname = "ngroups_max", .data = &ngroups_max, .maxlen = sizeof(int), .mode = 0444,
	  .proc_handler = proc_dointvec },
	{ }
};

static int __init sysctl_init(void)
{
	int err = register_sysctl("vm", vm_table);

	return err ? err : register_sysctl("kernel", kern_table);
}
fs_initcall(sysctl_init);
