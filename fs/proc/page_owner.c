/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/page_owner.c - /proc/page_owner: every page in use, and who allocated it. DEBUG builds with page_owner=on.
 *
 * A record is a page, and the position in the file is its number, so that the list goes on where it was although pages
 * come and go between two reads. The records are mm/alloc/page_owner.c's.
 *
 * Locking: none. A page may be freed, and its record rewritten, while it is shown; mm/alloc/page_owner.c says what
 * comes of that.
 *
 * Linux (mm/page_owner.c) has the same text in debugfs.
 */
#include <primer/kernel.h>

#ifdef CONFIG_DEBUG

#include <primer/init.h>
#include <primer/mm.h>
#include <primer/slab.h>

#include "internal.h"

static void *owner_at(loff_t *pos)
{
	unsigned long pfn = page_owner_next(*pos);

	*pos = pfn;
	return pfn == ~0UL ? NULL : (void *)(pfn + 1);		/* page 0 is not NULL */
}

static void *owner_start(struct seq_file *m, loff_t *pos)
{
	return *pos < 0 ? NULL : owner_at(pos);
}

static void *owner_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return owner_at(pos);
}

static void owner_stop(struct seq_file *m, void *v)
{
}

static int owner_show(struct seq_file *m, void *v)
{
	char *text = kmalloc(PAGE_OWNER_TEXT, GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	seq_write(m, text, page_owner_print(text, PAGE_OWNER_TEXT, (unsigned long)v - 1));
	kfree(text);
	return 0;
}

static const struct seq_operations owner_seq_ops = {
	.start = owner_start, .next = owner_next, .stop = owner_stop, .show = owner_show,
};

static int owner_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &owner_seq_ops);
}

static const struct file_operations page_owner_operations = {
	.open = owner_open, .read_iter = seq_read_iter, .llseek = seq_lseek, .release = seq_release,
};

static int __init proc_page_owner_init(void)
{
	if (page_owner_next(0) != ~0UL)
		proc_create("page_owner", 0400, NULL, &page_owner_operations);
	return 0;
}
fs_initcall(proc_page_owner_init);

#endif
