/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/futex.h - atomic operations on a 32-bit word of the user's, for kernel/process/futex.c. */
#ifndef ASM_FUTEX_H
#define ASM_FUTEX_H

#include <uapi/futex.h>
#include <asm/uaccess.h>

/*
 * futex_atomic_cmpxchg_inatomic - if *@uaddr is @old, make it @new; *@found is what it was
 *
 * 0, or -EFAULT when the word is not there for writing right now: with preemption disabled the page is not fetched, so the caller then does
 * that and tries again. Context: any task's.
 */
static inline int futex_atomic_cmpxchg_inatomic(u32 *found, u32 __user *uaddr, u32 old, u32 new)
{
	int err = 0;

	if (!access_ok(uaddr, sizeof(*uaddr)))
		return -EFAULT;
	__asm__ volatile(ASM_STAC "1:\tlock cmpxchgl %4, %2\n2:\t" ASM_CLAC
			 ".pushsection .text.fixup, \"ax\"\n3:\tmovl %3, %0\n\tjmp 2b\n\t.popsection\n"
			 _ASM_EXTABLE(1b, 3b)
			 : "+r"(err), "=a"(*found), "+m"(*uaddr) : "i"(-EFAULT), "r"(new), "1"(old) : "memory", "cc");
	return err;
}

/*
 * arch_futex_atomic_op_inuser - *@uaddr = *@uaddr @op @oparg, atomically; *@old: what it was. @op: FUTEX_OP_SET, ADD, OR, ANDN, XOR
 *
 * 0, -EFAULT as above, -ENOSYS for another @op.
 */
static inline int arch_futex_atomic_op_inuser(int op, int oparg, int *old, u32 __user *uaddr)
{
	u32 val, new, found;
	int err;

	if (op < FUTEX_OP_SET || op > FUTEX_OP_XOR)
		return -ENOSYS;
	err = get_user(val, uaddr);
	while (!err) {
		new = op == FUTEX_OP_SET ? (u32)oparg : op == FUTEX_OP_ADD ? val + oparg : op == FUTEX_OP_OR ? val | oparg :
		      op == FUTEX_OP_ANDN ? val & ~oparg : val ^ oparg;
		err = futex_atomic_cmpxchg_inatomic(&found, uaddr, val, new);
		if (!err && found == val)
			break;
		val = found;
	}
	*old = val;
	return err;
}

#endif
