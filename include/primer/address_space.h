/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/address_space.h - the pages of one object (a file), and who fills and empties them.
 *
 * The owner (an inode) is a stranger to this room; what the page cache must know of it comes through the operations.
 * What can be done with the pages is in pagemap.h.
 */
#ifndef PRIMER_ADDRESS_SPACE_H
#define PRIMER_ADDRESS_SPACE_H

#include <primer/atomic.h>
#include <primer/radix_tree.h>
#include <primer/rbtree.h>
#include <primer/rwsem.h>
#include <primer/spinlock_types.h>
#include <primer/types.h>

struct address_space;
struct file;
struct inode;
struct page;

/*
 * How the pages of an object get their contents. All may sleep.
 *
 * readpage: fill the locked page, set PG_uptodate, unlock it; 0 or -errno (page unlocked in either case).
 * write_begin: give in *@pagep a page, with a reference, into which the caller may copy @len bytes at @pos (all in
 * one page).
 *	It is either up to date and in the cache, or private to the caller (page_mapping() NULL) with all bytes outside
 *	[@pos, @pos + @len) right. Not locked: the copy may fault.
 * write_end: @copied of the @len bytes have arrived. Puts a private page into the cache, marks it dirty, moves the
 * end of the
 *	file, drops the reference. Returns how many bytes count, or -errno.
 *	Both: the caller keeps every other writer and truncation out (inode->i_rwsem).
 * set_page_dirty: note that the page differs from the device.
 * freepage: the page has left the cache.
 */
struct address_space_operations {
	int (*readpage)(struct file *file, struct page *page);
	int (*write_begin)(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
			   struct page **pagep, void **fsdata);
	int (*write_end)(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
			 unsigned int copied, struct page *page, void *fsdata);
	int (*writepage)(struct page *page);
	int (*set_page_dirty)(struct page *page);
	void (*freepage)(struct address_space *mapping, struct page *page);
};

struct address_space {
	struct inode *host;			/* immutable: the owner */
	const struct address_space_operations *a_ops;	/* immutable once the inode is in use */
	gfp_t gfp_mask;				/* immutable: how to allocate pages */
	unsigned int flags;			/* atomic: AS_* */
	spinlock_t tree_lock;			/* i_pages, nrpages, page->mapping; LOCK_RANK_I_PAGES; task context */
	struct radix_tree_root i_pages;		/* [tree_lock] page by index; each entry holds a reference */
	unsigned long nrpages;			/* [tree_lock] */
	struct rb_root_cached i_mmap;		/* [i_mmap_rwsem] areas that map the object, as an interval tree */
	atomic_t i_mmap_writable;		/* shared writable areas; negative: none may be made */
	struct rw_semaphore i_mmap_rwsem;	/* rank LOCK_RANK_I_MMAP */
	void *private_data;			/* the owner's */
};

#define AS_EIO		(1U << 0)		/* a write to the device failed */
#define AS_ENOSPC	(1U << 1)

#endif
