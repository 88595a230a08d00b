/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/uaccess.h - the only doors between the kernel and a user program's memory.
 *
 * Each function checks that the whole range lies below TASK_SIZE, opens user pages (STAC, when the CPU has SMAP), accesses with
 * instructions that are in the exception table, and closes them. A fault that the page fault handler cannot resolve ends the
 * access early. All of them may sleep (the page may have to be found first), so no spinning lock may be held.
 */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <primer/err.h>
#include <primer/kernel.h>
#include <asm/extable.h>
#include <asm/page.h>

/* access_ok - could [addr, addr + size) be user memory? Says nothing about what is mapped. */
static __always_inline bool access_ok(const void __user *addr, unsigned long size)
{
	return likely(size <= TASK_SIZE && (unsigned long)addr <= TASK_SIZE - size);
}

/* user_access_begin, _end - STAC and CLAC, or nothing on a CPU without SMAP (NOPs of the same length: kernel/x86/alternative.c). */
#define ASM_STAC_CLAC(op, bytes) \
	"661:\n\t.byte 0x0f, 0x1f, 0x00\n662:\n" \
	".pushsection .smap_alternatives, \"a\"\n\t.balign 4\n\t.long 661b - .\n\t.long " #op "\n\t.popsection\n"
#define ASM_STAC	ASM_STAC_CLAC(1, 0)
#define ASM_CLAC	ASM_STAC_CLAC(0, 0)
static __always_inline void stac(void)	{ __asm__ volatile(ASM_STAC ::: "memory", "cc"); }
static __always_inline void clac(void)	{ __asm__ volatile(ASM_CLAC ::: "memory", "cc"); }

/*
 * copy_from_user, copy_to_user - copy @n bytes; return how many were NOT copied: 0 is success
 *
 * What copy_from_user could not read is filled with zeroes, so that no stale kernel memory passes for the user's data.
 * clear_user writes zeroes.
 */
unsigned long __must_check __copy_user(void *to, const void *from, unsigned long n);	/* raw; the caller checked the user side */
unsigned long __must_check copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long __must_check copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long __must_check clear_user(void __user *to, unsigned long n);

/*
 * strncpy_from_user - copy a string of at most @count bytes with its NUL
 *
 * Returns its length without the NUL, @count when no NUL was among the first @count bytes, or -EFAULT.
 */
long __must_check strncpy_from_user(char *dst, const char __user *src, long count);

/* strnlen_user - length with the NUL; greater than @n when there is none within @n; 0 on a fault. */
long __must_check strnlen_user(const char __user *s, long n);

#define __get_user_asm(dst, ptr, err, insn, r) \
	__asm__ volatile(ASM_STAC "1:\t" insn " %2, %" r "1\n2:\t" ASM_CLAC \
		".pushsection .text.fixup, \"ax\"\n3:\tmovl %3, %0\n\txorl %k1, %k1\n\tjmp 2b\n\t.popsection\n" \
		_ASM_EXTABLE(1b, 3b) \
		: "+r"(err), "=&r"(dst) : "m"(*(ptr)), "i"(-EFAULT))

#define __put_user_asm(val, ptr, err, insn, r) \
	__asm__ volatile(ASM_STAC "1:\t" insn " %" r "1, %2\n2:\t" ASM_CLAC \
		".pushsection .text.fixup, \"ax\"\n3:\tmovl %3, %0\n\tjmp 2b\n\t.popsection\n" \
		_ASM_EXTABLE(1b, 3b) \
		: "+r"(err) : "r"(val), "m"(*(ptr)), "i"(-EFAULT))

/* get_user, put_user - one object of 1, 2, 4 or 8 bytes; 0 or -EFAULT. @ptr's type gives the size. */
#define get_user(x, ptr) ({ \
	const __typeof__(*(ptr)) __user *__gp = (ptr); \
	int __ge = -EFAULT; unsigned long __gv = 0; \
	if (access_ok(__gp, sizeof(*__gp))) { \
		__ge = 0; \
		switch (sizeof(*__gp)) { \
		case 1: __get_user_asm(__gv, (const u8 *)__gp, __ge, "movzbl", "k"); break; \
		case 2: __get_user_asm(__gv, (const u16 *)__gp, __ge, "movzwl", "k"); break; \
		case 4: __get_user_asm(__gv, (const u32 *)__gp, __ge, "movl", "k"); break; \
		default: __get_user_asm(__gv, (const u64 *)__gp, __ge, "movq", ""); break; \
		} \
	} \
	(x) = (__typeof__(*(ptr)))__gv; \
	__ge; })

#define put_user(x, ptr) ({ \
	__typeof__(*(ptr)) __user *__pp = (ptr); \
	__typeof__(*(ptr)) __px = (x); \
	int __pe = -EFAULT; \
	if (access_ok(__pp, sizeof(*__pp))) { \
		__pe = 0; \
		switch (sizeof(*__pp)) { \
		case 1: __put_user_asm((u8)(unsigned long)__px, (u8 *)__pp, __pe, "movb", "b"); break; \
		case 2: __put_user_asm((u16)(unsigned long)__px, (u16 *)__pp, __pe, "movw", "w"); break; \
		case 4: __put_user_asm((u32)(unsigned long)__px, (u32 *)__pp, __pe, "movl", "k"); break; \
		default: __put_user_asm((unsigned long)__px, (u64 *)__pp, __pe, "movq", ""); break; \
		} \
	} \
	__pe; })

/*
 * copy_from_kernel_nofault - read kernel memory that may not be there (a backtrace, a dump); 0 or -EFAULT
 *
 * Context: any, NMI and oops included; never sleeps.
 */
int copy_from_kernel_nofault(void *dst, const void *src, unsigned long n);

#endif
