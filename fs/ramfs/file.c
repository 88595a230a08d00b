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
 * A new page is filled before anybody else can see it. Only faults on a mapping may make a page meanwhile (writers
 * and truncation hold i_rwsem); then the bytes are copied into theirs.
 *
 * Memory. A filesystem with a limit (tmpfs: size=, half of the memory if not said) counts its pages; beyond it, or
 * when there is no memory, the answer is -ENOSPC. The last 1/32 of the memory is not for files, limit or not: whoever
 * fills the disk needs some pages himself to say so. (Linux' ramfs has no such reserve, and ends with the OOM killer.)
 */
#include <primer/mm.h>
#include <primer/pagemap.h>
#include <primer/string.h>

#include "internal.h"

unsigned long ramfs_reserve_pages __ro_after_init;

static int account_page(struct super_block *sb)
{
	struct ramfs_sb *info = RAMFS_SB(sb);

	if (info->max_pages) {
		if (atomic_long_inc_return(&info->used_pages) > (long)info->max_pages) {
			atomic_long_dec(&info->used_pages);
			return -ENOSPC;
		}
	}
	return 0;
}

static void unaccount_page(struct super_block *sb)
{
	struct ramfs_sb *info = RAMFS_SB(sb);

	if (info->max_pages)
		atomic_long_dec(&info->used_pages);
}

/* The page is locked and new: a fault in a hole. */
static int ramfs_readpage(struct file *file, struct page *page)
{
	int err = account_page(page->mapping->host->i_sb);

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
		unaccount_page(mapping->host->i_sb);
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
	/* Counting is not free: once for eight pages, the first page included. */
	if (unlikely(!((pos >> PAGE_SHIFT) & 7) && ramfs_memory_low()))
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
	int err = account_page(mapping->host->i_sb);

	if (err)
		goto out;
	SetPageUptodate(new);
	err = add_to_page_cache(new, mapping, index);
	if (likely(!err))
		goto out;
	unaccount_page(mapping->host->i_sb);
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
	if (pos + copied > inode->i_size)
		i_size_write(inode, pos + copied);
	return copied;
}

const struct address_space_operations ramfs_aops = {
	.readpage = ramfs_readpage,
	.write_begin = ramfs_write_begin,
	.write_end = ramfs_write_end,
	.freepage = ramfs_freepage,
};

const struct file_operations ramfs_file_operations = {
	.read_iter = generic_file_read_iter,
	.write_iter = generic_file_write_iter,
	.mmap = generic_file_mmap,
	.fsync = noop_fsync,
	.llseek = generic_file_llseek,
};

/* Growing: a mapping may have left bytes behind the old end (R1). */
static int ramfs_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	loff_t old = inode->i_size;
	int err = simple_setattr(dentry, attr);

	if (!err && attr->ia_valid & ATTR_SIZE && attr->ia_size > old && old & ~PAGE_MASK)
		truncate_inode_pages_range(inode->i_mapping, old, old | ~PAGE_MASK);
	return err;
}

const struct inode_operations ramfs_file_inode_operations = {
	.setattr = ramfs_setattr,
	.getattr = simple_getattr,
};
