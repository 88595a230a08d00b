/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/entry/syscall_table.c - from number to function.
 *
 * Every number of Linux's x86-64 table (uapi/unistd.h) has an entry, named sys_<name>. A room that implements a call defines that
 * function with SYSCALL_DEFINEn; for all others the weak definition here remains, which says so once in the log and returns
 * -ENOSYS. So a new system call is one definition, anywhere, and no list to keep.
 */
#include <primer/err.h>
#include <primer/kernel.h>
#include <primer/sched.h>
#include <uapi/unistd.h>
#include <asm/traps.h>

long sys_ni_syscall(void);
long sys_ni_syscall(void)
{
	return do_not_implemented(current_pt_regs()->orig_ax);
}

#define NI(number, name) long sys_##name(void) __attribute__((weak, alias("sys_ni_syscall")));
SYSCALL_NUMBERS(NI)
#undef NI

typedef long (*sys_call_ptr_t)(void);

/* Numbers that Linux does not use stay sys_ni_syscall; the rest overrides that, which is what the compiler would warn about. */
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

extern const sys_call_ptr_t sys_call_table[NR_syscalls];
const sys_call_ptr_t sys_call_table[NR_syscalls] = {
	[0 ... NR_syscalls - 1] = sys_ni_syscall,
#define ENTRY(number, name) [number] = sys_##name,
	SYSCALL_NUMBERS(ENTRY)
#undef ENTRY
};
