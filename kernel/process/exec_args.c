/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/exec_args.c - the arguments of a new program, pushed on a stack that no CPU has loaded yet.
 *
 * The problem. argv and the environment lie in the old address space and must arrive in the new one; neither may be
 * trusted to stay unchanged, to end, or to fit. Up to a quarter of the stack may be strings: megabytes, not to be
 * copied twice.
 *
 * The idea. The new address space is made first, with one area: its stack. The strings are copied straight into its
 * pages, which are faulted in one by one (get_user_page_remote) and written through the direct map. It grows downwards,
 * last string first:
 *
 *	stack top - 8      +----------------------+
 *	                   | pathname             | <- bprm->exec
 *	                   | envp[envc-1]         |
 *	                   |   ...                |
 *	                   | envp[0]              |
 *	                   | argv[argc-1]         | <- bprm->arg_end
 *	                   |   ...                |
 *	                   | argv[0]              | <- bprm->p
 *	                   |   ...                |
 *	                   +----------------------+ <- argmin: the limit
 *	                   | room for pointers, auxv, and the program's own use
 *
 * A script's interpreter gets a new argv[0], so the string that was pushed last must be easy to drop:
 * remove_arg_zero().
 *
 * Limits (-E2BIG): MAX_ARG_STRLEN for one string; for all with their pointers a quarter of RLIMIT_STACK, at most 6 MiB,
 * at least ARG_MAX. RLIMIT_STACK as it was when the execve began.
 *
 * Unlike Linux, which builds the stack at the top of the address space and moves it when the random offset is known,
 * the stack is here where it will stay from the start: nothing on the way changes the decision, and no page tables are
 * moved.
 *
 * Locking: nobody else can reach the new mm before exec_mmap(); its mmap_lock is taken because the functions demand it.
 * Linux: fs/exec.c.
 */
#include <primer/binfmts.h>
#include <primer/err.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/random.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/vm.h>
#include <asm/uaccess.h>
#include <uapi/personality.h>

/* ADDR_NO_RANDOMIZE is the caller's wish: not for a program that may gain rights. */
static unsigned long randomize_stack_top(struct linux_binprm *bprm)
{
	unsigned long pages = 0;

	if (randomize_va_space && (!(current->personality & ADDR_NO_RANDOMIZE) || bprm->may_gain))
		pages = get_random_long() & (STACK_RND_PAGES - 1);
	return STACK_TOP - (pages << PAGE_SHIFT);
}

int bprm_mm_init(struct linux_binprm *bprm)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	int err;

	bprm->rlim_stack.rlim_cur = rlimit(RLIMIT_STACK);
	bprm->rlim_stack.rlim_max = rlimit_max(RLIMIT_STACK);
	mm = mm_alloc();
	if (!mm)
		return -ENOMEM;
	vma = vm_area_alloc(mm);
	if (!vma) {
		mmput(mm);
		return -ENOMEM;
	}
	vma->vm_end = randomize_stack_top(bprm);
	vma->vm_start = vma->vm_end - PAGE_SIZE;
	vma->vm_flags = VM_STACK_FLAGS | VM_STACK_INCOMPLETE_SETUP;
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	mmap_write_lock(mm);
	err = insert_vm_struct(mm, vma);
	if (!err)
		vm_stat_account(mm, vma->vm_flags, 1);
	mmap_write_unlock(mm);
	if (err) {
		vm_area_free(vma);
		mmput(mm);
		return err;
	}
	bprm->mm = mm;
	bprm->vma = vma;
	bprm->p = vma->vm_end - sizeof(void *);
	return 0;
}

void bprm_release_page(struct linux_binprm *bprm)
{
	if (bprm->page)
		put_page(bprm->page);
	bprm->page = NULL;
}

void bprm_mm_drop(struct linux_binprm *bprm)
{
	bprm_release_page(bprm);
	if (bprm->mm)
		mmput(bprm->mm);
	bprm->mm = NULL;
}

int bprm_stack_limits(struct linux_binprm *bprm)
{
	unsigned long limit = _STK_LIM / 4 * 3, pointers;

	limit = min(limit, bprm->rlim_stack.rlim_cur / 4);
	limit = max(limit, ARG_MAX);
	/* The pointers to the strings come on top; an empty argv will get one string. */
	pointers = ((unsigned long)max(bprm->argc, 1) + bprm->envc) * sizeof(void *);
	if (limit <= pointers)
		return -E2BIG;
	bprm->argmin = bprm->p - (limit - pointers);
	return 0;
}

/* The kernel's view of the page at @addr of the new stack, writable; the same page as last time costs nothing. */
static char *stack_page(struct linux_binprm *bprm, unsigned long addr)
{
	struct mm_struct *mm = bprm->mm;
	struct page *page;

	addr &= PAGE_MASK;
	if (!bprm->page || bprm->page_addr != addr) {
		bprm_release_page(bprm);
		mmap_read_lock(mm);
		page = get_user_page_remote(mm, addr, FOLL_WRITE);
		mmap_read_unlock(mm);
		if (IS_ERR(page))
			return NULL;
		bprm->page = page;
		bprm->page_addr = addr;
	}
	return page_address(bprm->page);
}

/* Make room for @len bytes; false when that is too much. */
static bool push(struct linux_binprm *bprm, unsigned long len)
{
	if (len > bprm->p || bprm->p - len < bprm->argmin)
		return false;
	bprm->p -= len;
	return true;
}

int copy_string_kernel(const char *arg, struct linux_binprm *bprm)
{
	unsigned long len = strnlen(arg, MAX_ARG_STRLEN) + 1, pos;

	if (len > MAX_ARG_STRLEN || !push(bprm, len))
		return -E2BIG;
	for (pos = bprm->p; len; ) {
		unsigned long n = min(len, PAGE_SIZE - offset_in_page(pos));
		char *to = stack_page(bprm, pos);

		if (!to)
			return -E2BIG;
		memcpy(to + offset_in_page(pos), arg, n);
		arg += n;
		pos += n;
		len -= n;
	}
	return 0;
}

int copy_strings_kernel(int argc, const char *const *argv, struct linux_binprm *bprm)
{
	while (argc-- > 0) {
		int err = copy_string_kernel(argv[argc], bprm);

		if (err)
			return err;
	}
	return 0;
}

int copy_strings(int argc, const char __user *const __user *argv, struct linux_binprm *bprm)
{
	while (argc-- > 0) {
		const char __user *str;
		unsigned long pos;
		long len;

		if (get_user(str, argv + argc))
			return -EFAULT;
		len = strnlen_user(str, MAX_ARG_STRLEN);
		if (!len)
			return -EFAULT;
		if (len > (long)MAX_ARG_STRLEN || !push(bprm, len))
			return -E2BIG;
		/*
		 * Another thread may change the string meanwhile: then its NUL is missing in the copy, and ours is put
		 * there.
		 */
		for (pos = bprm->p; len; ) {
			unsigned long n = min((unsigned long)len, PAGE_SIZE - offset_in_page(pos));
			char *to;

			if (fatal_signal_pending(current))
				return -EINTR;
			to = stack_page(bprm, pos);
			if (!to)
				return -E2BIG;
			to += offset_in_page(pos);
			if (copy_from_user(to, str, n))
				return -EFAULT;
			str += n;
			pos += n;
			len -= n;
			if (!len)
				to[n - 1] = '\0';
		}
	}
	return 0;
}

int count_strings(const char __user *const __user *argv)
{
	int n = 0;

	if (!argv)
		return 0;
	for (;;) {
		const char __user *p;

		if (get_user(p, argv + n))
			return -EFAULT;
		if (!p)
			return n;
		if (n++ >= MAX_ARG_STRINGS)
			return -E2BIG;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

int remove_arg_zero(struct linux_binprm *bprm)
{
	if (!bprm->argc)
		return 0;
	for (;;) {
		const char *from = stack_page(bprm, bprm->p);
		unsigned long offset = offset_in_page(bprm->p), n;

		if (!from)
			return -EFAULT;
		n = strnlen(from + offset, PAGE_SIZE - offset);
		bprm->p += n;
		if (offset + n < PAGE_SIZE) {
			bprm->p++;
			bprm->argc--;
			return 0;
		}
	}
}

int bprm_change_interp(const char *interp, struct linux_binprm *bprm)
{
	char *copy = kstrdup(interp, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	bprm->interp = copy;
	return 0;
}
