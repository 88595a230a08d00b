/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/ramfs/file.c - contents of files in memory: the page cache, and nothing behind it.
 *
 * Every page that was written is in the page cache and is never dropped before it is truncated or the file goes. What
 * was never written is a hole: a read sees zeroes without any page; a fault makes a page of zeroes, since page tables
 * need one.
 *
 *	file of 5 pages:   [data] hole [data] hole [da..]        nrpages = 3
 *
 * Invariant. R1: the bytes of the last page behind the end of the file are zero whenever the file grows: truncation
 * zeroes them, and a mapping may write there, so growing zeroes them again (setattr).
 *
 * A hole can also be made of what was written (fallocate, MADV_REMOVE): the pages leave the cache and every page table,
 * but for the private copies that processes have of them. While that lasts, a fault finds either the old page or the hole.
 *
 * A new page is filled before anybody else can see it. Only faults on a mapping may make a page meanwhile (writers
 * and truncation hold i_rwsem); then the bytes are copied into theirs.
 *
 * Memory. A filesystem with a limit (tmpfs: size=, half of the memory if not said) counts its pages; beyond it, or
 * when there is no memory, the answer is -ENOSPC. The last 1/32 of the memory is not for files, limit or not: whoever
 * fills the disk needs some pages himself to say so. (Linux' ramfs has no such reserve, and ends with the OOM killer.)
 */
#include <primer/err.h>
#include <primer/mm.h>
#include <primer/mman.h>
#include <primer/pagemap.h>
#include <primer/signal.h>
#include <primer/string.h>
#include <primer/vm.h>
#include <uapi/falloc.h>
#include <uapi/statfs.h>

#include "internal.h"

unsigned long ramfs_reserve_pages __ro_after_init;

/* tmpfs, and what processes share without a name: Linux's Shmem. */
static bool is_shmem(const struct super_block *sb)
{
	return sb->s_magic == TMPFS_MAGIC || (sb->s_flags & SB_KERNMOUNT);
}

/* Zero bytes [@start, @end), all in one page, if it is there. */
static void truncate_partial_page(struct address_space *mapping, loff_t start, loff_t end)
{
	struct page *page = start < end ? find_lock_page(mapping, start >> PAGE_SHIFT) : NULL;

	if (!page)
		return;
	memset((char *)page_address(page) + (start & ~PAGE_MASK), 0, end - start);
	unlock_page(page);
	put_page(page);
}

static int account_page(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ramfs_sb *info = RAMFS_SB(sb);

	if (RAMFS_I(inode)->promise_pages && vm_enough_memory(NULL, 1))
		return -ENOSPC;
	/* Never above the limit, not even for a moment: that would refuse a page to somebody else. */
	for (long used = atomic_long_read(&info->used_pages); info->max_pages; ) {
		if (used >= (long)READ_ONCE(info->max_pages)) {
			vm_unacct_memory(RAMFS_I(inode)->promise_pages);
			return -ENOSPC;
		}
		if (atomic_long_try_cmpxchg(&info->used_pages, &used, used + 1))
			break;
	}
	if (is_shmem(sb))
		mod_kernel_pages(NR_SHMEM, 1);
	return 0;
}

static void unaccount_page(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;
	struct ramfs_sb *info = RAMFS_SB(sb);

	vm_unacct_memory(RAMFS_I(inode)->promise_pages);
	if (info->max_pages)
		atomic_long_dec(&info->used_pages);
	if (is_shmem(sb))
		mod_kernel_pages(NR_SHMEM, -1);
}

/* The page is locked and new: a fault in a hole. */
static int ramfs_readpage(struct file *file, struct page *page)
{
	int err = account_page(page->mapping->host);

	if (err) {
		delete_from_page_cache(page);	/* it was a hole, and stays one */
	} else {
		clear_page(page_address(page));
		SetPageUptodate(page);
	}
	unlock_page(page);
	return err;
}

static void ramfs_freepage(struct address_space *mapping, struct page *page)
{
	if (PageUptodate(page))
		unaccount_page(mapping->host);
}

static int ramfs_write_begin(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
			     struct page **pagep, void **fsdata)
{
	size_t offset = pos & ~PAGE_MASK;
	struct page *page = find_get_page(mapping, pos >> PAGE_SHIFT);
	char *addr;

	if (page) {
		if (likely(PageUptodate(page))) {
			*pagep = page;
			return 0;
		}
		put_page(page);
		page = read_mapping_page(mapping, pos >> PAGE_SHIFT, file);
		if (IS_ERR(page))
			return PTR_ERR(page);
		*pagep = page;
		return 0;
	}
	/* Counting is not free: once for eight new pages, the first one included. */
	if (unlikely(!(READ_ONCE(mapping->nrpages) & 7) && ramfs_memory_low()))
		return -ENOSPC;
	page = alloc_page(mapping->gfp_mask | __GFP_NORETRY | __GFP_NOWARN);	/* nobody dies for a full disk */
	if (unlikely(!page))
		return -ENOSPC;
	page->mapping = NULL;
	if (len != PAGE_SIZE) {
		addr = page_address(page);
		memset(addr, 0, offset);
		memset(addr + offset + len, 0, PAGE_SIZE - offset - len);
	}
	*pagep = page;
	return 0;
}

/*
 * Put the private page @new into the cache; or, if a fault has made one in its place, copy the bytes there. Drops the
 * reference.
 */
static int insert_page(struct address_space *mapping, struct page *new, loff_t pos, unsigned int copied)
{
	pgoff_t index = pos >> PAGE_SHIFT;
	size_t offset = pos & ~PAGE_MASK;
	struct page *page;
	int err = account_page(mapping->host);

	if (err)
		goto out;
	SetPageUptodate(new);
	err = add_to_page_cache(new, mapping, index);
	if (likely(!err))
		goto out;
	unaccount_page(mapping->host);
	if (err != -EEXIST) {
		err = -ENOSPC;
		goto out;
	}
	page = read_mapping_page(mapping, index, NULL);
	err = PTR_ERR_OR_ZERO(page);
	if (!err) {
		memcpy(page_address(page) + offset, page_address(new) + offset, copied);
		put_page(page);
	}
out:
	put_page(new);
	return err;
}

static int ramfs_write_end(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
			   unsigned int copied, struct page *page, void *fsdata)
{
	struct inode *inode = mapping->host;
	int err = 0;

	if (page->mapping) {
		put_page(page);
	} else if (!copied) {
		put_page(page);
	} else {
		size_t offset = pos & ~PAGE_MASK;

		if (unlikely(copied < len))
			memset(page_address(page) + offset + copied, 0, len - copied);
		err = insert_page(mapping, page, pos, copied);
	}
	if (err)
		return err;
	if (copied && pos + copied > inode->i_size)
		i_size_write(inode, pos + copied);
	return copied;
}

const struct address_space_operations ramfs_aops = {
	.readpage = ramfs_readpage,
	.write_begin = ramfs_write_begin,
	.write_end = ramfs_write_end,
	.freepage = ramfs_freepage,
};

/* ---- holes and room ---------------------------------------------------------------------------------------------- */

/* Zero the bytes of [@start, @end) that are not whole pages; the whole ones leave. i_rwsem held. */
static void punch_hole(struct address_space *mapping, loff_t start, loff_t end)
{
	loff_t first = PAGE_ALIGN(start), last = end & PAGE_MASK;

	if (first > last || start > S64_MAX - (loff_t)PAGE_SIZE) {	/* within a page; the last one has no end that a loff_t can say */
		truncate_partial_page(mapping, start, end);
		return;
	}
	truncate_partial_page(mapping, start, first);
	truncate_partial_page(mapping, last, end);
	if (first == last)
		return;
	unmap_mapping_cached(mapping, first >> PAGE_SHIFT, (last >> PAGE_SHIFT) - 1);
	truncate_inode_pages_range(mapping, first, last - 1);
	unmap_mapping_cached(mapping, first >> PAGE_SHIFT, (last >> PAGE_SHIFT) - 1);
}

/* Pages of zeroes where holes are. What has been made stays when there is not enough. */
static int make_room(struct file *file, struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t index;

	for (index = start >> PAGE_SHIFT; index <= (pgoff_t)(end - 1) >> PAGE_SHIFT; index++) {
		struct page *page;

		if (signal_pending(current))
			return -EINTR;
		if (!(READ_ONCE(mapping->nrpages) & 7) && ramfs_memory_low())
			return -ENOSPC;
		page = read_mapping_page(mapping, index, file);
		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? -ENOSPC : PTR_ERR(page);
		put_page(page);
	}
	return 0;
}

static int ramfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	loff_t end = offset + len;
	int err = 0;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	inode_lock(inode);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		punch_hole(inode->i_mapping, offset, end);
	} else {
		if (end > inode->i_size && !(mode & FALLOC_FL_KEEP_SIZE))
			err = inode_newsize_ok(inode, end);
		if (!err)
			err = make_room(file, inode->i_mapping, offset, end);
		if (!err && end > inode->i_size && !(mode & FALLOC_FL_KEEP_SIZE)) {
			/* R1 */
			truncate_partial_page(inode->i_mapping, inode->i_size, PAGE_ALIGN(inode->i_size));
			i_size_write(inode, end);
		}
	}
	if (!err)
		inode->i_mtime = inode->i_ctime = current_time(inode);
	inode_unlock(inode);
	return err;
}

const struct file_operations ramfs_file_operations = {
	.read_iter = generic_file_read_iter,
	.write_iter = generic_file_write_iter,
	.mmap = generic_file_mmap,
	.fsync = noop_fsync,
	.fallocate = ramfs_fallocate,
	.llseek = generic_file_llseek,
};

/* Growing: a mapping may have left bytes behind the old end (R1). They go before anybody can see the new one, and write there. */
static int ramfs_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	loff_t old = inode->i_size;

	if (attr->ia_valid & ATTR_SIZE && attr->ia_size > old && old & ~PAGE_MASK)
		truncate_inode_pages_range(inode->i_mapping, old, old | ~PAGE_MASK);
	return simple_setattr(dentry, attr);
}

const struct inode_operations ramfs_file_inode_operations = {
	.setattr = ramfs_setattr,
	.getattr = simple_getattr,
};
