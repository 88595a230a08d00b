/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/vm/account_test.c - what an address space and the whole system count, against the areas themselves.
 *
 * Random calls of the whole family (mmap, munmap, mprotect, mremap, madvise, mlock, brk) are made without a model of
 * what they do: whatever they did, the sums that the kernel keeps must be those that a walk over the areas gives, and
 * when all is unmapped, every promise has been taken back. Then the policies and limits, one by one.
 */
#include "test_mm.h"

#include <primer/cred.h>
#include <primer/err.h>
#include <primer/gfp.h>
#include <uapi/capability.h>
#include <uapi/mman.h>

#define ARENA	0x20000000UL
#define PAGES	256
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	(PROT_READ | PROT_WRITE)

static u32 seed;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (u32)((u64)seed * below >> 32);
}

static unsigned long at(unsigned long page)
{
	return ARENA + page * PAGE_SIZE;
}

static long map(unsigned long page, unsigned long pages, unsigned long prot, unsigned long flags)
{
	return vm_mmap(NULL, at(page), pages * PAGE_SIZE, prot, flags | MAP_FIXED, 0);
}

/* Promised pages since the test began. */
static long promised(struct kunit *test)
{
	return vm_committed_as() - ((struct test_mm *)test->priv)->committed;
}

/* M2 of mmap.c and O1 of overcommit.c. */
static void check_sums(struct kunit *test)
{
	struct mm_struct *mm = current->mm, sum = { };
	struct vm_area_struct *vma;
	long account = 0;

	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		vm_stat_account(&sum, vma->vm_flags, vma_pages(vma));
		if (vma->vm_flags & VM_LOCKED)
			sum.locked_vm += vma_pages(vma);
		if (vma->vm_flags & VM_ACCOUNT)
			account += vma_pages(vma);
	}
	KUNIT_ASSERT_EQ(test, mm->total_vm, sum.total_vm);
	KUNIT_ASSERT_EQ(test, mm->data_vm, sum.data_vm);
	KUNIT_ASSERT_EQ(test, mm->stack_vm, sum.stack_vm);
	KUNIT_ASSERT_EQ(test, mm->exec_vm, sum.exec_vm);
	KUNIT_ASSERT_EQ(test, mm->locked_vm, sum.locked_vm);
	KUNIT_ASSERT_EQ(test, promised(test), account);
}

static void random_call(unsigned long page, unsigned long n)
{
	static const int advice[] = { MADV_DONTNEED, MADV_RANDOM, MADV_NORMAL, MADV_DONTFORK, MADV_DOFORK, MADV_FREE };
	unsigned long len = n * PAGE_SIZE, new = 1 + rnd(16);

	switch (rnd(20)) {
	case 0 ... 4:
		map(page, n, rnd(8), ANON | (rnd(8) ? 0 : MAP_NORESERVE) | (rnd(16) ? 0 : MAP_LOCKED) |
				     (rnd(16) ? 0 : MAP_GROWSDOWN) | (rnd(16) ? 0 : MAP_POPULATE));
		break;
	case 5 ... 7:
		vm_munmap(at(page), len);
		break;
	case 8 ... 10:
		do_mprotect(at(page), len, rnd(8));
		break;
	case 11 ... 13:
		do_mremap(at(page), len, new * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, at(rnd(PAGES)));
		break;
	case 14:
		do_mremap(at(page), len, new * PAGE_SIZE, rnd(2) ? MREMAP_MAYMOVE : 0, 0);
		break;
	case 15:
		do_mremap(at(page), len, len, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at(rnd(PAGES)));
		break;
	case 16:
		do_madvise(at(page), len, advice[rnd(6)]);
		break;
	case 17:
		if (rnd(2))
			do_mlock(at(page), len, VM_LOCKED | (rnd(2) ? VM_LOCKONFAULT : 0));
		else
			do_munlock(at(page), len);
		break;
	case 18:
		mm_brk(current->mm->start_brk + rnd(40) * PAGE_SIZE);
		break;
	default:
		mm_populate(at(page), len);
	}
}

static void sums_agree_with_areas(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	int i;

	seed = 4711;
	kunit_info(test, "seed %u", seed);
	mm->start_brk = mm->brk = at(4 * PAGES);
	for (i = 0; i < 100000; i++) {
		unsigned long page = rnd(PAGES);

		random_call(page, 1 + rnd(12));
		KUNIT_ASSERT_EQ(test, validate_mm(mm), 0);
		check_sums(test);
		if (rnd(3000) == 0) {
			do_mlockall(rnd(2) ? MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT : 0);
			check_sums(test);
		}
		/* What MREMAP_MAYMOVE has put elsewhere. */
		if (i % 1000 == 999)
			vm_munmap(at(8 * PAGES), TASK_SIZE - at(8 * PAGES));
	}
	vm_munmap(0, TASK_SIZE);
	KUNIT_EXPECT_EQ(test, mm->total_vm + mm->locked_vm, 0UL);
	KUNIT_EXPECT_EQ(test, promised(test), 0L);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 0UL);
}

static void what_is_promised(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, map(0, 10, PROT_READ, ANON), (long)at(0));
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 0L, "memory to be read");
	KUNIT_EXPECT_EQ(test, map(10, 10, RW, ANON), (long)at(10));
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 10L, "memory to be written");
	KUNIT_EXPECT_EQ(test, map(20, 10, RW, ANON | MAP_NORESERVE), (long)at(20));
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 10L, "MAP_NORESERVE");
	KUNIT_EXPECT_EQ(test, do_mprotect(at(5), 10 * PAGE_SIZE, RW), 0);
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 15L, "mprotect promises what it makes writable");
	KUNIT_EXPECT_EQ(test, do_mprotect(at(0), 20 * PAGE_SIZE, PROT_READ), 0);
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 15L, "what was writable stays promised");
	KUNIT_EXPECT_EQ(test, map(0, 15, PROT_READ, ANON), (long)at(0));
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 5L, "replaced");
	KUNIT_EXPECT_EQ(test, map(40, 10, RW, MAP_SHARED | MAP_ANONYMOUS), (long)at(40));
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 15L, "shared anonymous memory");
	KUNIT_EXPECT_EQ(test, vm_munmap(at(40), 9 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ_MSG(test, promised(test), 15L, "as long as one page of it is mapped");
	KUNIT_EXPECT_EQ(test, vm_munmap(at(49), PAGE_SIZE), 0);
}

static void never_means_never(struct kunit *test)
{
	unsigned long kbytes = sysctl_overcommit_kbytes, admin = sysctl_admin_reserve_kbytes;

	sysctl_admin_reserve_kbytes = 0;
	sysctl_overcommit_kbytes = (vm_committed_as() + 100) * (PAGE_SIZE / 1024);
	sysctl_overcommit_memory = OVERCOMMIT_NEVER;
	KUNIT_EXPECT_EQ(test, vm_commit_limit(), vm_committed_as() + 100);
	KUNIT_EXPECT_EQ(test, map(0, 200, PROT_READ, ANON), (long)at(0));
	KUNIT_EXPECT_EQ(test, map(200, 120, RW, ANON), -ENOMEM);
	KUNIT_EXPECT_EQ_MSG(test, map(200, 120, RW, ANON | MAP_NORESERVE), -ENOMEM, "MAP_NORESERVE is ignored");
	KUNIT_EXPECT_EQ(test, map(200, 120, RW, MAP_SHARED | MAP_ANONYMOUS), -ENOMEM);
	KUNIT_EXPECT_EQ(test, do_mprotect(at(0), 120 * PAGE_SIZE, RW), -ENOMEM);
	KUNIT_EXPECT_EQ(test, promised(test), 0L);
	KUNIT_EXPECT_EQ(test, map(200, 50, RW, ANON), (long)at(200));
	KUNIT_EXPECT_EQ(test, (long)do_mremap(at(200), 50 * PAGE_SIZE, 120 * PAGE_SIZE, MREMAP_MAYMOVE, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, promised(test), 50L);
	KUNIT_EXPECT_EQ_MSG(test,
			    (long)do_mremap(at(200), 50 * PAGE_SIZE, 80 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, at(500)),
			    (long)at(500), "a move does not need its memory twice");
	KUNIT_EXPECT_EQ(test, promised(test), 80L);
	sysctl_overcommit_memory = OVERCOMMIT_ALWAYS;
	KUNIT_EXPECT_EQ(test, (long)vm_mmap(NULL, 0x100000000UL, 1UL << 44, RW, ANON | MAP_FIXED, 0), (long)0x100000000UL);
	KUNIT_EXPECT_EQ(test, vm_munmap(0x100000000UL, 1UL << 44), 0);
	sysctl_overcommit_memory = OVERCOMMIT_GUESS;
	KUNIT_EXPECT_EQ_MSG(test, (long)vm_mmap(NULL, 0x100000000UL, 1UL << 44, RW, ANON | MAP_FIXED, 0), -ENOMEM,
			    "more than all memory");
	sysctl_overcommit_kbytes = kbytes;
	sysctl_admin_reserve_kbytes = admin;
}

static void memlock_limit(struct kunit *test)
{
	struct rlimit *lim = &current->signal->rlim[RLIMIT_MEMLOCK], saved = *lim;
	struct mm_struct *mm = current->mm;
	const struct cred *old;
	struct cred *weak = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, weak);
	weak->cap_effective &= ~(1ULL << CAP_IPC_LOCK);
	map(0, 32, RW, ANON);
	lim->rlim_cur = 6 * PAGE_SIZE;
	old = override_creds(weak);
	KUNIT_EXPECT_EQ(test, do_mlock(at(0), 4 * PAGE_SIZE, VM_LOCKED), 0);
	KUNIT_EXPECT_EQ(test, do_mlock(at(4), 3 * PAGE_SIZE, VM_LOCKED), -ENOMEM);
	KUNIT_EXPECT_EQ_MSG(test, do_mlock(at(2), 4 * PAGE_SIZE, VM_LOCKED), 0, "what is locked is not counted twice");
	KUNIT_EXPECT_EQ(test, mm->locked_vm, 6UL);
	KUNIT_EXPECT_EQ(test, do_mlock(at(6), PAGE_SIZE, VM_LOCKED), -ENOMEM);
	KUNIT_EXPECT_EQ(test, map(40, 1, RW, ANON | MAP_LOCKED), -EAGAIN);
	KUNIT_EXPECT_EQ(test, (long)do_mremap(at(0), PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, do_mlockall(MCL_CURRENT), -ENOMEM);
	KUNIT_EXPECT_EQ(test, do_mlockall(MCL_FUTURE), 0);
	KUNIT_EXPECT_EQ_MSG(test, map(40, 1, RW, ANON), -EAGAIN, "mlockall(MCL_FUTURE)");
	KUNIT_EXPECT_EQ(test, do_munlock(at(0), 6 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, map(40, 1, RW, ANON), (long)at(40));
	KUNIT_EXPECT_EQ(test, mm->locked_vm, 1UL);
	KUNIT_EXPECT_EQ(test, do_mlockall(0), 0);
	KUNIT_EXPECT_EQ(test, mm->locked_vm, 0UL);
	lim->rlim_cur = 0;
	KUNIT_EXPECT_EQ(test, do_mlock(at(0), PAGE_SIZE, VM_LOCKED), -EPERM);
	KUNIT_EXPECT_EQ(test, do_mlockall(MCL_CURRENT), -EPERM);
	KUNIT_EXPECT_EQ(test, map(41, 1, RW, ANON | MAP_LOCKED), -EPERM);
	revert_creds(old);
	KUNIT_EXPECT_EQ_MSG(test, do_mlock(at(0), PAGE_SIZE, VM_LOCKED), 0, "CAP_IPC_LOCK");
	*lim = saved;
	abort_creds(weak);
}

/* X1 and X3: the pages themselves go over, and the tables that they leave are freed. */
static void moving_keeps_pages(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	struct page *before, *after;
	long tables;
	int i;

	map(0, 600, RW, ANON);
	mm_populate(at(0), 600 * PAGE_SIZE);
	before = get_user_page_remote(mm, at(555), 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(before));
	tables = atomic_long_read(&mm->pgtables_bytes);
	KUNIT_EXPECT_EQ(test, do_mremap(at(0), 600 * PAGE_SIZE, 600 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
					at(0) + (1UL << 30)), at(0) + (1UL << 30));
	after = get_user_page_remote(mm, at(555) + (1UL << 30), 0);
	KUNIT_EXPECT_PTR_EQ(test, after, before);
	KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 600UL);
	KUNIT_EXPECT_EQ(test, (long)atomic_long_read(&mm->pgtables_bytes), tables);
	put_page(before);
	put_page(after);
	/* Moved to where it continues its neighbour, untouched memory becomes one area with it; touched does not. */
	vm_munmap(0, TASK_SIZE);
	for (i = 0; i < 2; i++) {
		map(0, 2, RW, ANON);
		map(10, 2, RW, ANON);
		if (i)
			mm_populate(at(10), 2 * PAGE_SIZE);
		do_mremap(at(10), 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, at(2));
		KUNIT_EXPECT_EQ(test, mm->map_count, 1 + i);
		vm_munmap(0, TASK_SIZE);
	}
}

static struct kunit_case account_cases[] = {
	KUNIT_CASE_NAMED(sums_agree_with_areas,
			 "M2, O1: after each of 100000 random calls, every sum is that of the areas"),
	KUNIT_CASE_NAMED(what_is_promised, "memory that is or was writable is promised, and given back"),
	KUNIT_CASE_NAMED(never_means_never, "the three policies of overcommit"),
	KUNIT_CASE_NAMED(memlock_limit, "RLIMIT_MEMLOCK bounds what is locked, but for CAP_IPC_LOCK"),
	KUNIT_CASE_NAMED(moving_keeps_pages, "X1: mremap moves the pages themselves, and frees the tables they leave"),
	{}};

static struct kunit_suite account_suite = {
	.name = "account",
	.init = test_mm_init,
	.exit = test_mm_exit,
	.test_cases = account_cases,
};
kunit_test_suite(account_suite);
