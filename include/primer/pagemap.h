/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/pagemap.h - the page cache: file contents in memory, one page for each PAGE_SIZE bytes of a file.
 *
 * read(), write(), file mappings and exec all use the same page of the same byte, so that they agree without copying.
 * The theory is in mm/vm/filemap.c.
 *
 * A page in the cache holds one reference of the cache's. Who finds a page gets a reference of his own and drops it
 * with put_page(). PG_locked is held by whoever fills the page or takes it out of the cache; PG_uptodate says that
 * its contents are the file's.
 */
#ifndef PRIMER_PAGEMAP_H
#define PRIMER_PAGEMAP_H

#include <primer/address_space.h>
#include <primer/mm.h>
#include <primer/types.h>

struct iov_iter;

#define MAX_LFS_FILESIZE	((loff_t)S64_MAX)

/* page_cache_init - boot, once, before the first lock_page() */
void page_cache_init(void);

/* address_space_init_once - prepare a zeroed mapping; it starts without operations and without pages */
void address_space_init_once(struct address_space *mapping);

/*
 * find_get_page - the page at @index, with a reference, or NULL. Up to date or not, locked or not.
 * find_lock_page - the same, locked, and still in the cache. May sleep.
 */
struct page *find_get_page(struct address_space *mapping, pgoff_t index);
struct page *find_lock_page(struct address_space *mapping, pgoff_t index);

/*
 * find_get_pages - up to @nr pages with indices from *@start to @end, with references; *@start: where to go on; how
 * many
 */
unsigned int find_get_pages(struct address_space *mapping, pgoff_t *start, pgoff_t end, struct page **pages,
			    unsigned int nr);

/*
 * find_or_create_page - the page at @index, locked, with a reference; a new one is not up to date. NULL without memory.
 * Context: task; may sleep.
 */
struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp);

/*
 * add_to_page_cache - put @page at @index, with a reference of the cache's; sets page->mapping and page->index
 *
 * Returns 0, -EEXIST when the place is taken, -ENOMEM.
 */
int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index);
/* add_to_page_cache_locked - the same for a page that nobody else knows; it comes out locked */
int add_to_page_cache_locked(struct page *page, struct address_space *mapping, pgoff_t index);

/* delete_from_page_cache - take @page, which is locked and in the cache, out, and drop the cache's reference */
void delete_from_page_cache(struct page *page);

/*
 * read_mapping_page - the page at @index, up to date, with a reference; ERR_PTR on an error. Reads it if necessary.
 * Context: task; may sleep.
 */
struct page *read_mapping_page(struct address_space *mapping, pgoff_t index, struct file *file);

/*
 * truncate_inode_pages - drop what lies at byte @lstart and behind: whole pages leave the cache, the rest of a page
 * that @lstart cuts is zeroed. truncate_inode_pages_range: only up to byte @lend (inclusive, the last byte of a page,
 * or -1). Context: task; may sleep; the caller keeps writers out.
 */
void truncate_inode_pages(struct address_space *mapping, loff_t lstart);
void truncate_inode_pages_range(struct address_space *mapping, loff_t lstart, loff_t lend);

/*
 * truncate_pagecache - make the cache follow a new, smaller size, and unmap what lies behind it from every process
 */
void truncate_pagecache(struct address_space *mapping, loff_t newsize);

/*
 * vm_set_unmap_mapping - mm/vm's reverse mapping tells how to remove the pages from @first to @last from all page
 * tables; until somebody does, pages are assumed to be mapped nowhere
 */
void vm_set_unmap_mapping(void (*unmap)(struct address_space *mapping, pgoff_t first, pgoff_t last));

/*
 * filemap_read - copy from the cache at *@ppos to @iter, up to byte @isize of the file; reads pages that are missing
 *
 * @isize: the file's size, looked at again for each page. @holes: a missing page is all zeroes, and stays missing
 * Advances *@ppos. Returns the number of bytes; 0 at the end of the file; -EFAULT or the device's error when no byte
 * moved.
 */
ssize_t filemap_read(struct address_space *mapping, struct file *file, loff_t *ppos, struct iov_iter *iter,
		     const loff_t *isize, bool holes);

/*
 * generic_perform_write - copy @iter into the cache at @pos through write_begin and write_end
 *
 * Returns the number of bytes, or -errno when none was written. Context: task; the caller keeps other writers out.
 */
ssize_t generic_perform_write(struct file *file, struct address_space *mapping, struct iov_iter *iter, loff_t pos);

/* ---- the lock bit of a page -------------------------------------------------------------------------------------- */

/*
 * lock_page - sleep until PG_locked is ours. unlock_page: releases; wakes. wait_on_page_locked: until nobody holds
 * it.
 */
void __lock_page(struct page *page);
static __always_inline void lock_page(struct page *page)
{
	if (!trylock_page(page))
		__lock_page(page);
}
void unlock_page(struct page *page);
void wait_on_page_locked(struct page *page);

/* page_offset - where in the file @page begins, bytes */
static inline loff_t page_offset(const struct page *page)
{
	return (loff_t)page->index << PAGE_SHIFT;
}

#endif
