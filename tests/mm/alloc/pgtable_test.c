/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/mm/alloc/pgtable_test.c - the kernel's map: W^X everywhere, large pages split without a change of meaning. */
#include <kunit/test.h>
#include <primer/init.h>
#include <primer/ioremap.h>
#include <primer/kernel.h>
#include <primer/mm.h>
#include <primer/pgtable.h>
#include <primer/vmalloc.h>

#include "prng.h"

#define MAX_ORDER_FOR_TEST	9

static unsigned long rights(unsigned long addr)
{
	enum pg_level level;
	pte_t *pte = lookup_address(addr, &level);

	return pte ? pte_val(*pte) & (_PAGE_PRESENT | _PAGE_RW | _PAGE_NX | _PAGE_USER) : 0;
}

#define RX	_PAGE_PRESENT
#define RO	(_PAGE_PRESENT | _PAGE_NX)
#define RWNX	(_PAGE_PRESENT | _PAGE_RW | _PAGE_NX)
#define direct(sym)	((unsigned long)__va(__pa_symbol(sym)))

static int some_data = 1;
static const int some_const = 2;

static void image_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, debug_checkwx(), 0UL);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)_stext), RX);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)_etext - 1), RX);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)__start_rodata), RO);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)__end_rodata - 1), RO);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)_edata - 1), RWNX);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)_end - 1), RWNX);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)_sinittext), RX);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)&some_data), RWNX);
	KUNIT_EXPECT_EQ(test, rights((unsigned long)&some_const), RWNX);	/* a test's constants are init data */
	KUNIT_EXPECT_EQ(test, rights(direct(_stext)), RO);
	KUNIT_EXPECT_EQ(test, rights(direct(__end_rodata) - 1), RO);
	KUNIT_EXPECT_EQ(test, rights(direct(_sdata)), RWNX);
	KUNIT_EXPECT_EQ(test, rights(0), 0UL);
	KUNIT_EXPECT_EQ(test, rights(KERNEL_PHYS_START), 0UL);
	KUNIT_EXPECT_EQ(test, rights(VSYSCALL_ADDR), 0UL);
	KUNIT_EXPECT_EQ(test, (unsigned long)slow_virt_to_phys(_stext), (unsigned long)__pa_symbol(_stext));
	KUNIT_EXPECT_FALSE(test, kern_addr_valid(0x800000000000UL));
	KUNIT_EXPECT_FALSE(test, kern_addr_valid(0));
}

static void split_test(struct kunit *test)
{
	struct page *block = alloc_pages(GFP_KERNEL, MAX_ORDER_FOR_TEST);
	unsigned long start = (unsigned long)page_address(block), a;
	unsigned long mid = start + (PAGE_SIZE << MAX_ORDER_FOR_TEST) / 2;
	unsigned long pages = direct_pages_count[PG_LEVEL_4K];
	enum pg_level level;

	KUNIT_ASSERT_NOT_NULL(test, block);
	lookup_address(start, &level);
	KUNIT_ASSERT_EQ(test, set_memory_rw(mid, 3), 0);
	KUNIT_EXPECT_EQ(test, direct_pages_count[PG_LEVEL_4K], pages);	/* nothing to change, nothing to split */
	KUNIT_ASSERT_EQ(test, set_memory_ro(mid, 3), 0);
	if (level > PG_LEVEL_4K)
		KUNIT_EXPECT_GT(test, direct_pages_count[PG_LEVEL_4K], pages);
	for (a = start; a < start + (PAGE_SIZE << MAX_ORDER_FOR_TEST); a += PAGE_SIZE) {
		KUNIT_ASSERT_EQ(test, rights(a), a >= mid && a < mid + 3 * PAGE_SIZE ? RO : RWNX);
		KUNIT_ASSERT_EQ(test, (unsigned long)slow_virt_to_phys((void *)(a + 5)), (unsigned long)__pa(a) + 5);
	}
	*(volatile unsigned long *)(mid - 8) = 1;
	*(volatile unsigned long *)(mid + 3 * PAGE_SIZE) = 1;
	KUNIT_ASSERT_EQ(test, set_memory_rw(mid, 3), 0);
	*(volatile unsigned long *)mid = 1;
	KUNIT_EXPECT_EQ(test, set_memory_ro(VMALLOC_AREA_END - PAGE_SIZE, 1), -EFAULT);
	__free_pages(block, MAX_ORDER_FOR_TEST);
}

static void direct_map_test(struct kunit *test)
{
	struct prng r;
	int i;

	prng_init(test, &r);
	for (i = 0; i < 2000; i++) {
		unsigned long pfn = prng_below(&r, max_pfn);

		if (pfn_valid(pfn) && PageBuddy(pfn_to_page(pfn))) {
			KUNIT_ASSERT_EQ(test, rights((unsigned long)pfn_to_virt(pfn)), RWNX);
			KUNIT_ASSERT_EQ(test, (unsigned long)slow_virt_to_phys(pfn_to_virt(pfn)), pfn << PAGE_SHIFT);
		}
	}
}

static void fixmap_test(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned int *p = page ? page_address(page) : NULL;
	char *a, *b;

	KUNIT_ASSERT_NOT_NULL(test, page);
	p[3] = 0x1234;
	a = early_memremap(page_to_phys(page) + 12, 4);
	b = early_memremap(page_to_phys(page), PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, a && b && a != b);
	KUNIT_EXPECT_EQ(test, *(unsigned int *)a, 0x1234U);
	KUNIT_EXPECT_EQ(test, *(unsigned int *)(b + 12), 0x1234U);
	KUNIT_EXPECT_NULL(test, early_memremap(0, (NR_FIX_BTMAPS + 1) * PAGE_SIZE));
	early_memunmap(a, 4);
	early_memunmap(b, PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, kern_addr_valid((unsigned long)a));
	set_fixmap(FIX_TEXT_POKE0, page_to_phys(page));
	KUNIT_EXPECT_EQ(test, *(unsigned int *)(fix_to_virt(FIX_TEXT_POKE0) + 12), 0x1234U);
	clear_fixmap(FIX_TEXT_POKE0);
	KUNIT_EXPECT_FALSE(test, kern_addr_valid(fix_to_virt(FIX_TEXT_POKE0)));
	__free_page(page);
}

static void ioremap_test(struct kunit *test)
{
	/* The BIOS's reset vector page lies in every PC's flash, just below 4 GiB. */
	u8 __iomem *p = ioremap(0xfffffff0, 16), *areas[200];
	enum pg_level level;
	unsigned int n = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, offset_in_page(p), 0xff0UL);
	KUNIT_EXPECT_EQ(test, pte_val(*lookup_address((unsigned long)p, &level)) & _PAGE_CACHE_UC,
			_PAGE_CACHE_UC_MINUS);
	KUNIT_EXPECT_EQ(test, *(volatile u8 *)p, *(volatile u8 *)p);
	iounmap(p);
	KUNIT_EXPECT_FALSE(test, kern_addr_valid((unsigned long)p));
	iounmap(NULL);

	/* Large pages where both sides agree, and no table was left by others there: the addresses go up until that is so. */
	for (level = PG_LEVEL_4K; level == PG_LEVEL_4K && n < ARRAY_SIZE(areas); n++) {
		areas[n] = ioremap_wc(0xffc00000, 4 << 20);
		KUNIT_ASSERT_NOT_NULL(test, areas[n]);
		lookup_address((unsigned long)areas[n], &level);
	}
	KUNIT_EXPECT_EQ_MSG(test, (int)level, (int)PG_LEVEL_2M, "up to %px", (void *)areas[n - 1]);
	while (n)
		iounmap(areas[--n]);
}

static struct kunit_case pgtable_cases[] = {
	KUNIT_CASE_NAMED(image_test, "kernel map: text RX, rodata R, data RW, in both views; no page is W and X"),
	KUNIT_CASE_NAMED(split_test, "kernel map: splitting a large page changes three pages and no other"),
	KUNIT_CASE_NAMED(direct_map_test, "kernel map: all free RAM is in the direct map at its place"),
	KUNIT_CASE_NAMED(fixmap_test, "fixmap and early_ioremap show the page that was asked for"),
	KUNIT_CASE_NAMED(ioremap_test, "ioremap: offset, caching type, large pages"),
	{}
};

static struct kunit_suite pgtable_suite = { .name = "pgtable", .test_cases = pgtable_cases };
kunit_test_suite(pgtable_suite);
