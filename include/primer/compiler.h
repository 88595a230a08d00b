/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/compiler.h - what we ask of the compiler, under the field's usual names. */
#ifndef PRIMER_COMPILER_H
#define PRIMER_COMPILER_H

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define __always_inline		inline __attribute__((always_inline))
#define noinline		__attribute__((noinline))
#define __noreturn		__attribute__((noreturn))
#define __packed		__attribute__((packed))
#define __aligned(n)		__attribute__((aligned(n)))
#define __section(name)		__attribute__((section(name)))
#define __used			__attribute__((used))
#define __maybe_unused		__attribute__((unused))
#define __must_check		__attribute__((warn_unused_result))
#define __weak			__attribute__((weak))
#define __pure			__attribute__((pure))
#define __cold			__attribute__((cold))
#define __malloc		__attribute__((malloc))
#define __printf(fmt, first)	__attribute__((format(printf, fmt, first)))
#define fallthrough		__attribute__((fallthrough))

#ifdef __clang__
#define __no_stack_protector	__attribute__((no_stack_protector))
#define __no_sanitize		__attribute__((no_sanitize("address", "undefined")))
#else
#define __no_stack_protector	__attribute__((optimize("no-stack-protector")))
#define __no_sanitize		__attribute__((no_sanitize_address, no_sanitize_undefined))
#endif

/* Annotations for the reader: where a pointer points, what a section is for. */
#define __user			/* an address that a user program gave: only uaccess.h may follow it */
#define __iomem			/* device registers: only io.h may follow it */
#define __percpu		/* the template's address: per_cpu_ptr() makes it real */
#define __rcu			/* read under rcu_read_lock() */

/*
 * Code and data that only boot needs. The linker script gathers them on pages of their own, which free_initmem() gives
 * to the page allocator when PID 1 is about to start. Calling one later is a jump into memory that belongs to somebody else.
 */
#define __init			__section(".init.text")
#define __initdata		__section(".init.data")
#define __initconst		__section(".init.rodata")
/* Written during boot only, read-only afterwards (mark_rodata_ro). */
#define __ro_after_init		__section(".data..ro_after_init")
#define __read_mostly		__section(".data..read_mostly")
#define ____cacheline_aligned	__aligned(64)

/*
 * OPTIMIZER_HIDE_VAR - the compiler forgets what it knows of @var: a constant is kept in its register, not made anew at
 * each use
 */
#define OPTIMIZER_HIDE_VAR(var)	__asm__("" : "=r"(var) : "0"(var))

#define barrier()		__asm__ volatile("" ::: "memory")

/*
 * READ_ONCE and WRITE_ONCE: exactly one access of the object's own size, neither torn, repeated nor left out by the
 * compiler. They order nothing against other accesses; asm/barrier.h does.
 */
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	do { *(volatile __typeof__(x) *)&(x) = (val); } while (0)

/* Keep the compiler from reasoning about where @p came from (a per-CPU offset, the other mapping of a page). */
#define RELOC_HIDE(p, off)	({ unsigned long __ptr; __asm__("" : "=r"(__ptr) : "0"(p)); \
				   (__typeof__(p))(__ptr + (off)); })

#define __PASTE2(a, b)		a##b
#define __PASTE(a, b)		__PASTE2(a, b)
#define __UNIQUE_ID(prefix)	__PASTE(__PASTE(prefix, _), __COUNTER__)
#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)

#define _THIS_IP_		({ __label__ __here; __here: (unsigned long)&&__here; })
#define _RET_IP_		((unsigned long)__builtin_return_address(0))

#endif
