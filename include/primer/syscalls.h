/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/syscalls.h - how a system call is defined.
 *
 *	SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count) { ... }
 *
 * defines long sys_read(unsigned int fd, char *buf, size_t count). The entry code leaves the six argument registers as the C
 * calling convention wants them (only r10 moves to rcx) and calls through sys_call_table, so that an argument costs nothing
 * that the function does not use. The convention leaves the upper half of a register undefined for 32-bit parameters, which is
 * exactly how Linux treats an int argument; types narrower than int are not allowed here, because compilers disagree about
 * who extends those.
 */
#ifndef PRIMER_SYSCALLS_H
#define PRIMER_SYSCALLS_H

#include <primer/err.h>
#include <primer/kernel.h>

#define __SC_DECL1(t, a)		t a
#define __SC_DECL2(t, a, ...)		t a, __SC_DECL1(__VA_ARGS__)
#define __SC_DECL3(t, a, ...)		t a, __SC_DECL2(__VA_ARGS__)
#define __SC_DECL4(t, a, ...)		t a, __SC_DECL3(__VA_ARGS__)
#define __SC_DECL5(t, a, ...)		t a, __SC_DECL4(__VA_ARGS__)
#define __SC_DECL6(t, a, ...)		t a, __SC_DECL5(__VA_ARGS__)

#define __SYSCALL(name, args)		long sys_##name args; long sys_##name args
#define SYSCALL_DEFINE0(name)		__SYSCALL(name, (void))
#define SYSCALL_DEFINE1(name, ...)	__SYSCALL(name, (__SC_DECL1(__VA_ARGS__)))
#define SYSCALL_DEFINE2(name, ...)	__SYSCALL(name, (__SC_DECL2(__VA_ARGS__)))
#define SYSCALL_DEFINE3(name, ...)	__SYSCALL(name, (__SC_DECL3(__VA_ARGS__)))
#define SYSCALL_DEFINE4(name, ...)	__SYSCALL(name, (__SC_DECL4(__VA_ARGS__)))
#define SYSCALL_DEFINE5(name, ...)	__SYSCALL(name, (__SC_DECL5(__VA_ARGS__)))
#define SYSCALL_DEFINE6(name, ...)	__SYSCALL(name, (__SC_DECL6(__VA_ARGS__)))

#endif
