/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/elf_tables.c - what a new program finds on its stack.
 *
 * A program starts with nothing but a stack pointer, and learns everything from what stands there (AMD64 ABI, figure
 * 3.9). The strings were pushed before the old program went (exec_args.c); their addresses are known only now, and are
 * found by walking over them:
 *
 *	             | strings                                       |
 *	bprm->p  ->  +-----------------------------------------------+
 *	             | "x86_64"            AT_PLATFORM               |
 *	             | 16 random bytes     AT_RANDOM                 |  the C library's stack guard comes from here
 *	             |                     (up to 8 KiB left out at random)
 *	             | AT_NULL 0                                     |
 *	             | ... auxiliary vector: pairs of words          |
 *	             | NULL                                          |
 *	             | envp[envc - 1] ... envp[0]                    |
 *	             | NULL                                          |
 *	             | argv[argc - 1] ... argv[0]                    |
 *	rsp      ->  | argc                                          |  16-byte aligned
 *	             +-----------------------------------------------+
 *
 * The auxiliary vector has Linux's order. AT_SYSINFO_EHDR is absent as long as there is no vDSO: C libraries then use
 * the system calls. A copy is kept in mm->saved_auxv for /proc/PID/auxv.
 *
 * Linux: create_elf_tables() in fs/binfmt_elf.c.
 */
#include <primer/binfmts.h>
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/kernel.h>
#include <primer/mm_types.h>
#include <primer/random.h>
#include <primer/sched.h>
#include <primer/time.h>
#include <primer/string.h>
#include <primer/vm.h>
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <uapi/auxvec.h>
#include <uapi/personality.h>

#include "elf.h"

static const char platform[] = "x86_64";

/*
 * Put the addresses of @n strings that begin at @str to @sp on, and a NULL. Returns the address behind the last string;
 * 0: fault.
 */
static unsigned long put_pointers(unsigned long __user *sp, unsigned long str, int n)
{
	while (n-- > 0) {
		long len;

		if (put_user(str, sp++))
			return 0;
		len = strnlen_user((const char *)str, MAX_ARG_STRLEN);
		if (!len || len > (long)MAX_ARG_STRLEN)
			return 0;
		str += len;
	}
	return put_user(0UL, sp) ? 0 : str;
}

int create_elf_tables(struct linux_binprm *bprm, const struct elf_image *img, const struct elf_image *interp)
{
	struct mm_struct *mm = current->mm;
	const struct cred *cred = current_cred();
	unsigned long p = bprm->p, u_platform, u_random, words, *aux = mm->saved_auxv, str;
	unsigned long __user *sp;
	u64 random[2] = { get_random_u64(), get_random_u64() };

	/* Programs whose data shares cache lines in the same way should not always do so. */
	if (randomize_va_space && !(current->personality & ADDR_NO_RANDOMIZE))
		p -= get_random_u32_below(8192);
	p &= ~15UL;
	p -= ALIGN(sizeof(platform), 16);
	u_platform = p;
	p -= sizeof(random);
	u_random = p;
	if (copy_to_user((void *)u_platform, platform, sizeof(platform)) ||
	    copy_to_user((void *)u_random, random, sizeof(random)))
		return -EFAULT;

#define AUX(tag, value)	do { *aux++ = (tag); *aux++ = (unsigned long)(value); } while (0)
	AUX(AT_HWCAP, boot_cpu_data.capability[CPUID_1_EDX]);
	AUX(AT_PAGESZ, PAGE_SIZE);
	AUX(AT_CLKTCK, USER_HZ);
	AUX(AT_PHDR, img->phdr_vaddr ? img->bias + img->phdr_vaddr : 0);
	AUX(AT_PHENT, sizeof(Elf64_Phdr));
	AUX(AT_PHNUM, img->eh.e_phnum);
	AUX(AT_BASE, interp->file ? interp->bias + interp->low : 0);
	AUX(AT_FLAGS, 0);
	AUX(AT_ENTRY, img->bias + img->eh.e_entry);
	AUX(AT_UID, cred->uid);
	AUX(AT_EUID, cred->euid);
	AUX(AT_GID, cred->gid);
	AUX(AT_EGID, cred->egid);
	AUX(AT_SECURE, bprm->secureexec);
	AUX(AT_RANDOM, u_random);
	AUX(AT_HWCAP2, 0);
	AUX(AT_EXECFN, bprm->exec);
	AUX(AT_PLATFORM, u_platform);
	AUX(AT_NULL, 0);
#undef AUX
	BUG_ON((size_t)(aux - mm->saved_auxv) > ARRAY_SIZE(mm->saved_auxv));

	words = 1 + bprm->argc + 1 + bprm->envc + 1 + (aux - mm->saved_auxv);
	sp = (unsigned long *)((p - words * sizeof(long)) & ~15UL);
	bprm->p = (unsigned long)sp;

	if (put_user((unsigned long)bprm->argc, sp++))
		return -EFAULT;
	mm->arg_end = mm->arg_start;
	str = put_pointers(sp, mm->arg_start, bprm->argc);
	if (!str)
		return -EFAULT;
	mm->arg_end = mm->env_start = str;
	sp += bprm->argc + 1;
	str = put_pointers(sp, mm->env_start, bprm->envc);
	if (!str)
		return -EFAULT;
	mm->env_end = str;
	sp += bprm->envc + 1;
	if (copy_to_user(sp, mm->saved_auxv, (aux - mm->saved_auxv) * sizeof(long)))
		return -EFAULT;
	return 0;
}
