/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/mm/vm/fork_test.c - copies of address spaces, and what is mapped around a fault.
 *
 * A copy shares its pages with the original, so everything can be read off the pages' counts: two entries and two
 * references each while both live, one and one before and after.
 */
#include <kunit/test.h>
#include <primer/address_space.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/gfp.h>
#include <primer/mm.h>
#include <primer/mmu_context.h>
#include <primer/pagemap.h>
#include <primer/ramfs.h>
#include <primer/rmap.h>
#include <primer/sched.h>
#include <primer/sched/task.h>
#include <primer/vm.h>
#include <uapi/mman.h>
#include <uapi/resource.h>

#define ARENA		0x20000000UL		/* begins a last-level table */
#define AT(page)	(ARENA + (unsigned long)(page) * PAGE_SIZE)
#define FILE_PAGES	40UL
#define WINDOW		16UL

static int fork_test_init(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc(), *active;

	if (!mm)
		return -ENOMEM;
	arch_pick_mmap_layout(mm, _STK_LIM, 0);
	mmgrab(mm);
	task_lock(current);
	local_irq_disable();
	active = current->active_mm;
	current->mm = current->active_mm = mm;
	activate_mm(active, mm);
	local_irq_enable();
	task_unlock(current);
	test->priv = active;
	return 0;
}

static void fork_test_exit(struct kunit *test)
{
	struct mm_struct *mm = current->mm, *active = test->priv;

	if (!mm)
		return;
	task_lock(current);
	local_irq_disable();
	current->mm = NULL;
	current->active_mm = active;
	activate_mm(mm, active);
	local_irq_enable();
	task_unlock(current);
	mmput(mm);
	mmdrop(mm);
}

static unsigned long map_anon(unsigned long page, unsigned long pages, unsigned long flags)
{
	return vm_mmap(NULL, AT(page), pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_FIXED | flags, 0);
}

static u32 load(struct mm_struct *mm, unsigned long page)
{
	u32 v = 0xdead;

	access_remote_vm(mm, AT(page), &v, sizeof(v), 0);
	return v;
}

static void store(struct mm_struct *mm, unsigned long page, u32 v)
{
	access_remote_vm(mm, AT(page), &v, sizeof(v), FOLL_WRITE);
}

/* The page behind an address; it is kept by its entry. */
static struct page *page_of(struct mm_struct *mm, unsigned long page)
{
	struct page *p = get_user_page_remote(mm, AT(page), 0);

	if (IS_ERR(p))
		return NULL;
	put_page(p);
	return p;
}

static long tables_of(struct mm_struct *mm)
{
	return atomic_long_read(&mm->pgtables_bytes) / (long)PAGE_SIZE;
}

static void every_page_is_counted_once_for_each_side(struct kunit *test)
{
	struct mm_struct *mm = current->mm, *child;
	struct page *page[3];
	unsigned long i, pages = 1200;
	int side = 0;

	KUNIT_ASSERT_EQ(test, map_anon(0, pages, MAP_PRIVATE), ARENA);
	for (i = 0; i < pages; i++)
		store(mm, i, i);
	child = dup_mm(mm);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_EXPECT_EQ(test, get_mm_counter(child, MM_ANONPAGES), pages);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_ANONPAGES), pages);
	KUNIT_EXPECT_EQ(test, tables_of(child), tables_of(mm));
	for (i = 0; i < pages; i++) {
		page[0] = page_of(mm, i);
		KUNIT_ASSERT_NOT_NULL(test, page[0]);
		KUNIT_ASSERT_EQ_MSG(test, atomic64_read(&page[0]->_counts), 2 * PAGE_ENTRY, "page %lu", i);
		KUNIT_ASSERT_PTR_EQ(test, page_of(child, i), page[0]);
	}

	/* A store by either side makes it a page of its own, and the page that is left the other's alone. */
	page[0] = page_of(mm, 7);
	store(child, 7, 77);
	store(mm, 8, 88);
	KUNIT_EXPECT_EQ(test, load(mm, 7), 7U);
	KUNIT_EXPECT_EQ(test, load(child, 8), 8U);
	KUNIT_EXPECT_PTR_NE(test, page_of(child, 7), page[0]);
	KUNIT_EXPECT_TRUE(test, page_is_sole(page[0]));
	store(mm, 7, 70);
	KUNIT_EXPECT_PTR_EQ_MSG(test, page_of(mm, 7), page[0], "the last owner writes in place");

	mmput(child);
	for (i = 0; i < pages; i++)
		side += !page_is_sole(page_of(mm, i));
	KUNIT_EXPECT_EQ_MSG(test, side, 0, "pages that the copy has left a trace on");
	page[0] = page_of(mm, 100);
	store(mm, 100, 1);
	KUNIT_EXPECT_PTR_EQ_MSG(test, page_of(mm, 100), page[0], "no copy when the other side is gone");
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_ANONPAGES), pages);
}

/* First and last entries of tables, holes between, zero pages and hidden pages. */
static void sparse_tables_are_copied_as_they_are(struct kunit *test)
{
	static const unsigned int at[] = { 0, 1, 300, 511, 512, 1023, 1536 };
	struct mm_struct *mm = current->mm, *child;
	unsigned int i;

	map_anon(0, 2048, MAP_PRIVATE);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		store(mm, at[i], at[i] + 1);
	KUNIT_EXPECT_EQ(test, load(mm, 2), 0U);			/* the shared page of zeroes */
	do_mprotect(AT(1), PAGE_SIZE, PROT_NONE);
	child = dup_mm(mm);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_EXPECT_EQ(test, get_mm_counter(child, MM_ANONPAGES), ARRAY_SIZE(at));
	KUNIT_EXPECT_EQ(test, tables_of(child), tables_of(mm));
	for (i = 0; i < ARRAY_SIZE(at); i++)
		if (at[i] != 1)
			KUNIT_EXPECT_EQ(test, load(child, at[i]), at[i] + 1);
	KUNIT_EXPECT_EQ(test, page_to_pfn(page_of(child, 2)), zero_pfn);
	mmput(child);
	do_mprotect(AT(1), PAGE_SIZE, PROT_READ | PROT_WRITE);
	KUNIT_EXPECT_EQ(test, load(mm, 1), 2U);
	store(mm, 1, 5);
	KUNIT_EXPECT_TRUE(test, page_is_sole(page_of(mm, 1)));
}

static void shared_areas_have_no_entries_in_the_copy(struct kunit *test)
{
	struct mm_struct *mm = current->mm, *child;

	KUNIT_ASSERT_EQ(test, map_anon(0, 600, MAP_SHARED), ARENA);
	store(mm, 3, 33);
	store(mm, 599, 44);
	child = dup_mm(mm);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_EXPECT_EQ(test, get_mm_rss(child), 0UL);
	KUNIT_EXPECT_EQ_MSG(test, tables_of(child), 1L, "only the top table");
	KUNIT_EXPECT_EQ_MSG(test, load(child, 3), 33U, "a fault brings it");
	store(child, 599, 55);
	KUNIT_EXPECT_EQ(test, load(mm, 599), 55U);
	mmput(child);
}

/* T1 is what makes it safe: a table that comes from the store must be as empty as one from the page allocator. */
static void a_table_used_again_is_empty(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	unsigned int round, i;

	for (round = 0; round < 4; round++) {
		map_anon(0, 512, MAP_PRIVATE);
		for (i = 0; i < 512; i++)
			store(mm, i, 1);
		vm_munmap(ARENA, 512 * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, tables_of(mm), 1L);

		map_anon(512, 512, MAP_PRIVATE);
		store(mm, 512 + round, 2);
		for (i = 0; i < 512; i++)
			if (i != round)
				KUNIT_ASSERT_EQ(test, load(mm, 512 + i), 0U);
		KUNIT_EXPECT_EQ(test, get_mm_rss(mm), 1UL);
		vm_munmap(AT(512), 512 * PAGE_SIZE);
	}
}

/* ---- a file: 40 pages in the cache, but for one hole ---- */

static struct file *make_file(struct kunit *test, unsigned long hole)
{
	struct file *file = shmem_kernel_file_setup("around", FILE_PAGES * PAGE_SIZE, 0);

	if (IS_ERR(file))
		return NULL;
	for (u32 i = 0; i < FILE_PAGES; i++) {
		loff_t pos = (loff_t)i * PAGE_SIZE;
		u32 v = 1000 + i;

		if (i != hole)
			KUNIT_EXPECT_EQ(test, kernel_write(file, &v, sizeof(v), &pos), (ssize_t)sizeof(v));
	}
	return file;
}

static void a_read_maps_the_window_around_it(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	struct file *file = make_file(test, 20);
	struct address_space *mapping;
	struct page *locked, *mine;

	KUNIT_ASSERT_NOT_NULL(test, file);
	mapping = file->f_mapping;
	KUNIT_ASSERT_EQ(test, vm_mmap(file, ARENA, FILE_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_FIXED, 0), ARENA);
	locked = find_get_page(mapping, 22);
	KUNIT_ASSERT_NOT_NULL(test, locked);
	lock_page(locked);
	KUNIT_EXPECT_EQ(test, load(mm, 18), 1018U);
	KUNIT_EXPECT_EQ_MSG(test, get_mm_counter(mm, MM_FILEPAGES), WINDOW - 2, "all but the hole and the locked page");
	KUNIT_EXPECT_EQ_MSG(test, page_mapcount(locked), 0, "A2");
	unlock_page(locked);
	put_page(locked);

	/* A3: a store to a neighbour goes to a copy. */
	mine = page_of(mm, 19);
	KUNIT_EXPECT_EQ(test, page_mapcount(mine), 1);
	store(mm, 19, 5);
	KUNIT_EXPECT_EQ(test, page_mapcount(mine), 0);
	KUNIT_EXPECT_EQ(test, *(u32 *)page_address(mine), 1019U);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_FILEPAGES), WINDOW - 3);

	/* The end of the area and of the file cut the window off. */
	KUNIT_EXPECT_EQ(test, load(mm, 35), 1035U);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_FILEPAGES), WINDOW - 3 + FILE_PAGES % WINDOW);

	/* A1: what leaves the cache leaves the tables. */
	KUNIT_EXPECT_EQ(test, do_truncate(file->f_path.dentry, 17 * PAGE_SIZE, 0, file), 0);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_FILEPAGES), 1UL);
	KUNIT_EXPECT_EQ(test, load(mm, 18), 0xdeadU);
	fput(file);
}

static void a_window_does_not_leave_its_area(struct kunit *test)
{
	struct mm_struct *mm = current->mm;
	struct file *file = make_file(test, FILE_PAGES);
	unsigned long i, wrong = 0;

	KUNIT_ASSERT_NOT_NULL(test, file);
	/*
	 * Pages 3 to 8 of the file at 30..35, which is across a window's border (32), and somebody else's memory beside
	 * it.
	 */
	map_anon(29, 1, MAP_PRIVATE);
	map_anon(36, 1, MAP_PRIVATE);
	KUNIT_ASSERT_EQ(test, vm_mmap(file, AT(30), 6 * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED, 3 * PAGE_SIZE),
			AT(30));
	KUNIT_EXPECT_EQ(test, load(mm, 31), 1004U);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_FILEPAGES), 2UL);
	KUNIT_EXPECT_EQ(test, load(mm, 33), 1006U);
	KUNIT_EXPECT_EQ(test, get_mm_counter(mm, MM_FILEPAGES), 6UL);
	for (i = 0; i < 6; i++)
		wrong += load(mm, 30 + i) != 1003 + i;
	KUNIT_EXPECT_EQ(test, wrong, 0UL);
	KUNIT_EXPECT_EQ(test, load(mm, 29), 0U);
	KUNIT_EXPECT_EQ(test, load(mm, 36), 0U);
	fput(file);
}

static void clean_pages_of_a_file_are_not_copied(struct kunit *test)
{
	struct mm_struct *mm = current->mm, *child;
	struct file *file = make_file(test, FILE_PAGES);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, file);
	vm_mmap(file, ARENA, FILE_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, 0);
	KUNIT_EXPECT_EQ(test, load(mm, 0), 1000U);
	store(mm, 5, 50);
	page = page_of(mm, 6);
	KUNIT_EXPECT_EQ(test, page_mapcount(page), 1);
	child = dup_mm(mm);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_EXPECT_EQ(test, page_mapcount(page), 1);
	KUNIT_EXPECT_EQ(test, get_mm_counter(child, MM_FILEPAGES), 0UL);
	KUNIT_EXPECT_EQ(test, get_mm_counter(child, MM_ANONPAGES), 1UL);
	KUNIT_EXPECT_EQ(test, load(child, 5), 50U);
	KUNIT_EXPECT_EQ(test, load(child, 6), 1006U);
	KUNIT_EXPECT_EQ(test, page_mapcount(page), 2);
	mmput(child);
	KUNIT_EXPECT_EQ(test, page_mapcount(page), 1);
	fput(file);
}

static struct kunit_case fork_cases[] = {
	KUNIT_CASE_NAMED(every_page_is_counted_once_for_each_side,
			 "D2: a page of both sides has two entries and two references"),
	KUNIT_CASE_NAMED(sparse_tables_are_copied_as_they_are,
			 "sparse tables, hidden pages and the zero page are copied as they are"),
	KUNIT_CASE_NAMED(shared_areas_have_no_entries_in_the_copy,
			 "shared areas have neither entries nor tables in the copy"),
	KUNIT_CASE_NAMED(clean_pages_of_a_file_are_not_copied,
			 "clean pages of a file are not copied, private ones are"),
	KUNIT_CASE_NAMED(a_table_used_again_is_empty, "T1: a page table that is used again is empty"),
	KUNIT_CASE_NAMED(a_read_maps_the_window_around_it,
			 "A1-A3: a read of a file maps what is ready in the window around it"),
	KUNIT_CASE_NAMED(a_window_does_not_leave_its_area, "a window ends where its area does"),
	{}};

static struct kunit_suite fork_suite = {
	.name = "fork",
	.init = fork_test_init,
	.exit = fork_test_exit,
	.test_cases = fork_cases,
};
kunit_test_suite(fork_suite);
