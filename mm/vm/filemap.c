/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/vm/filemap.c - the page cache: every page of a file's contents exists once in memory, whoever looks at it.
 *
 * The problem. Bytes of a file are read by read(), written by write(), mapped by mmap() and executed. If each had a
 * copy, they would have to be kept equal; and a file on a device would be read again for each.
 *
 * The idea. An array of pages for each file, sparse because most of it is not in memory:
 *
 *	inode -> address_space --i_pages--> radix tree by page number
 *	                                     0    1    2    3    4    5
 *	                                   [pg] [pg]  --   --  [pg] [pg]
 *	                                    ^     ^                   ^
 *	                                read()   page tables         write()
 *
 * Invariants.
 *   C1  A page in the tree has page->mapping and page->index set, and the tree's own reference. Leaving the tree clears
 *       page->mapping under tree_lock; who has locked a page and sees page->mapping == mapping knows that it stays.
 *   C2  Contents are the file's only if PG_uptodate. It is set once, by whoever filled the page, and never cleared
 *       while the page is in the tree.
 *   C3  A reader without the page lock may use an up-to-date page: at worst it sees what the file held a moment ago,
 *       which is all that a read beside a write or truncation may expect.
 *
 * Writing. The copy from user memory may fault, and the fault may need the very page that is being written (a program
 * that writes to a file from a mapping of the same place). So no page is locked while it is copied into:
 * write_begin() gives either an up-to-date page of the cache, in which the copied bytes simply appear, or a private
 * page that enters the cache when it is complete (write_end()). Linux locks the page, copies with faults disabled,
 * and on a fault lets go, faults the source in by hand and starts over.
 *
 * Locking. tree_lock (spins; LOCK_RANK_I_PAGES) covers the tree; PG_locked (sleeps; LOCK_RANK_PAGE) covers filling
 * and removal. find_get_page() takes tree_lock only for the lookup; the tree's readers could do without it under RCU.
 *
 * Linux (mm/filemap.c, mm/truncate.c) has read-ahead, large folios, writeback tags and error sequence counters besides.
 */
#include <primer/bitops.h>
#include <primer/err.h>
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/list.h>
#include <primer/lockdep.h>
#include <primer/pagemap.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/uio.h>
#include <primer/wait.h>

#define PAGE_WAIT_TABLE_BITS	5

/*
 * Waiters for PG_locked, by a hash of the page: a queue in each page would cost more memory than all waits are worth.
 * A wrong neighbour's wakeup only costs a look.
 */
static struct wait_queue_head page_wait_table[1 << PAGE_WAIT_TABLE_BITS];

/* mm/vm's reverse mapping, see vm_set_unmap_mapping(). [written once at boot] */
static void (*unmap_mapping)(struct address_space *mapping, pgoff_t first, pgoff_t last);

void vm_set_unmap_mapping(void (*unmap)(struct address_space *mapping, pgoff_t first, pgoff_t last))
{
	unmap_mapping = unmap;
}

void __init page_cache_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(page_wait_table); i++)
		init_waitqueue_head(&page_wait_table[i]);
}

/* ---- PG_locked --------------------------------------------------------------------------------------------------- */

static struct wait_queue_head *page_waitqueue(struct page *page)
{
	return &page_wait_table[hash_ptr(page, PAGE_WAIT_TABLE_BITS)];
}

void __lock_page(struct page *page)
{
	might_sleep();
	if (!trylock_page(page))
		wait_event(*page_waitqueue(page), trylock_page(page));
}

void unlock_page(struct page *page)
{
	struct wait_queue_head *wq = page_waitqueue(page);

	clear_bit_unlock(PG_locked, &page->flags);
	if (wq_has_sleeper(wq))
		wake_up_all(wq);
}

void wait_on_page_locked(struct page *page)
{
	if (PageLocked(page))
		wait_event(*page_waitqueue(page), !PageLocked(page));
}

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

void address_space_init_once(struct address_space *mapping)
{
	memset(mapping, 0, sizeof(*mapping));
	spin_lock_init(&mapping->tree_lock, LOCK_RANK_I_PAGES);
	INIT_RADIX_TREE(&mapping->i_pages, GFP_ATOMIC | __GFP_NOWARN);
	init_rwsem(&mapping->i_mmap_rwsem, LOCK_RANK_I_MMAP);
	mapping->i_mmap = RB_ROOT_CACHED;
}

struct page *find_get_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	spin_lock(&mapping->tree_lock);
	page = radix_tree_lookup(&mapping->i_pages, index);
	if (page)
		page_ref_inc(page);
	spin_unlock(&mapping->tree_lock);
	return page;
}

struct page *find_lock_page(struct address_space *mapping, pgoff_t index)
{
	for (;;) {
		struct page *page = find_get_page(mapping, index);

		if (!page)
			return NULL;
		lock_page(page);
		if (likely(page->mapping == mapping))	/* C1 */
			return page;
		unlock_page(page);
		put_page(page);
	}
}

unsigned int find_get_pages(struct address_space *mapping, pgoff_t *start, pgoff_t end, struct page **pages,
			    unsigned int nr)
{
	unsigned int found;

	spin_lock(&mapping->tree_lock);
	found = radix_tree_gang_lookup(&mapping->i_pages, (void **)pages, *start, nr);
	while (found && pages[found - 1]->index > end)
		found--;
	for (unsigned int i = 0; i < found; i++)
		page_ref_inc(pages[i]);
	spin_unlock(&mapping->tree_lock);
	if (found)
		*start = pages[found - 1]->index + 1;
	return found;
}

int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index)
{
	int err;

	page->mapping = mapping;
	page->index = index;
	page_ref_inc(page);
	spin_lock(&mapping->tree_lock);
	err = radix_tree_insert(&mapping->i_pages, index, page);
	if (likely(!err)) {
		mapping->nrpages++;
		mod_kernel_pages(NR_FILE_PAGES, 1);
	}
	spin_unlock(&mapping->tree_lock);
	if (unlikely(err)) {
		page->mapping = NULL;
		put_page(page);
	}
	return err;
}

int add_to_page_cache_locked(struct page *page, struct address_space *mapping, pgoff_t index)
{
	int err;

	__SetPageLocked(page);
	err = add_to_page_cache(page, mapping, index);
	if (unlikely(err))
		__ClearPageLocked(page);
	return err;
}

void delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;

	BUG_ON(!PageLocked(page));
	spin_lock(&mapping->tree_lock);
	radix_tree_delete(&mapping->i_pages, page->index);
	page->mapping = NULL;
	mapping->nrpages--;
	mod_kernel_pages(NR_FILE_PAGES, -1);
	spin_unlock(&mapping->tree_lock);
	if (mapping->a_ops && mapping->a_ops->freepage)
		mapping->a_ops->freepage(mapping, page);
	put_page(page);
}

struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	for (;;) {
		struct page *page = find_lock_page(mapping, index);
		int err;

		if (page)
			return page;
		page = alloc_page(gfp);
		if (!page)
			return NULL;
		err = add_to_page_cache_locked(page, mapping, index);
		if (!err)
			return page;
		put_page(page);
		if (err != -EEXIST)
			return NULL;
	}
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

struct page *read_mapping_page(struct address_space *mapping, pgoff_t index, struct file *file)
{
	for (;;) {
		struct page *page = find_get_page(mapping, index);
		int err = 0;

		if (page && PageUptodate(page))
			return page;
		if (page)
			put_page(page);
		page = find_or_create_page(mapping, index, mapping->gfp_mask);
		if (!page)
			return ERR_PTR(-ENOMEM);
		if (PageUptodate(page))
			unlock_page(page);
		else
			err = mapping->a_ops->readpage(file, page);
		wait_on_page_locked(page);
		if (likely(PageUptodate(page)))
			return page;
		if (!err && page->mapping == mapping)
			err = -EIO;
		put_page(page);
		if (err)
			return ERR_PTR(err);
		/* It was truncated away while we waited: look again. */
	}
}

/*
 * The file's size is read after the page was found: a page found before a truncation must not show what the truncation
 * removed, and the size seen afterwards says where that is.
 */
ssize_t filemap_read(struct address_space *mapping, struct file *file, loff_t *ppos, struct iov_iter *iter,
		     const loff_t *isize, bool holes)
{
	size_t want = iov_iter_count(iter);
	loff_t pos = *ppos;
	ssize_t done = 0;
	int err = 0;

	while (iov_iter_count(iter)) {
		size_t offset = pos & ~PAGE_MASK, n, copied;
		struct page *page = NULL;
		loff_t size = READ_ONCE(*isize), before = size;

		if (pos >= size)
			break;
		page = find_get_page(mapping, pos >> PAGE_SHIFT);
		if (unlikely(page ? !PageUptodate(page) : !holes)) {
			if (page)
				put_page(page);
			page = read_mapping_page(mapping, pos >> PAGE_SHIFT, file);
			if (IS_ERR(page)) {
				err = PTR_ERR(page);
				break;
			}
		}
		size = READ_ONCE(*isize);
		if (unlikely(pos >= size)) {
			if (page)
				put_page(page);
			break;
		}
		/* What was a hole then may have been written and made part of the file since. */
		if (unlikely(!page))
			size = min(size, before);
		n = min_t(u64, PAGE_SIZE - offset, size - pos);
		n = min(n, iov_iter_count(iter));
		if (page) {
			copied = copy_page_to_iter(page, offset, n, iter);
			put_page(page);
		} else {
			copied = iov_iter_zero(n, iter);
		}
		pos += copied;
		done += copied;
		if (unlikely(copied < n)) {
			err = -EFAULT;
			break;
		}
		if (fatal_signal_pending(current) && (size_t)done < want) {
			err = -EINTR;
			break;
		}
	}
	*ppos = pos;
	return done ? done : err;
}

ssize_t generic_perform_write(struct file *file, struct address_space *mapping, struct iov_iter *iter, loff_t pos)
{
	const struct address_space_operations *a_ops = mapping->a_ops;
	ssize_t written = 0;
	int err = 0;

	while (iov_iter_count(iter)) {
		size_t offset = pos & ~PAGE_MASK;
		size_t n = min(PAGE_SIZE - offset, iov_iter_count(iter)), copied;
		void *fsdata = NULL;
		struct page *page;

		if (unlikely(fatal_signal_pending(current))) {
			err = -EINTR;
			break;
		}
		err = a_ops->write_begin(file, mapping, pos, n, &page, &fsdata);
		if (unlikely(err < 0))
			break;
		copied = copy_page_from_iter(page, offset, n, iter);
		err = a_ops->write_end(file, mapping, pos, n, copied, page, fsdata);
		if (unlikely(err < 0))
			break;
		pos += err;
		written += err;
		if (unlikely(copied < n)) {
			err = -EFAULT;
			break;
		}
	}
	return written ? written : err;
}

/* ---- truncation -------------------------------------------------------------------------------------------------- */

#define PAGEVEC_SIZE	15

void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend)
{
	pgoff_t first = (lstart + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t last = lend == -1 ? ~0UL : (pgoff_t)(lend >> PAGE_SHIFT);
	struct page *pages[PAGEVEC_SIZE], *page;
	unsigned int n;

	if (lstart & ~PAGE_MASK) {
		page = find_lock_page(mapping, lstart >> PAGE_SHIFT);
		if (page) {
			size_t offset = lstart & ~PAGE_MASK;

			memset(page_address(page) + offset, 0, PAGE_SIZE - offset);
			unlock_page(page);
			put_page(page);
		}
	}
	if (first > last || radix_tree_empty(&mapping->i_pages))
		return;
	while ((n = find_get_pages(mapping, &first, last, pages, PAGEVEC_SIZE))) {
		for (unsigned int i = 0; i < n; i++) {
			page = pages[i];
			lock_page(page);
			if (likely(page->mapping == mapping))
				delete_from_page_cache(page);
			unlock_page(page);
			put_page(page);
		}
		if (!first)
			break;		/* the last possible index */
	}
}

void truncate_inode_pages(struct address_space *mapping, loff_t lstart)
{
	truncate_inode_pages_range(mapping, lstart, -1);
}

/*
 * Unmapping comes first, so that few faults meet a locked page. It comes again afterwards because a fault may have
 * mapped a page, or a private copy of one, in between.
 */
void truncate_pagecache(struct address_space *mapping, loff_t newsize)
{
	pgoff_t first = (newsize + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (unmap_mapping)
		unmap_mapping(mapping, first, ~0UL);
	truncate_inode_pages(mapping, newsize);
	if (unmap_mapping)
		unmap_mapping(mapping, first, ~0UL);
}
