/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/meminfo.c - memory as a whole: meminfo, vmstat, and the tables that the allocators write themselves.
 *
 * A line that is here is counted or is 0 because there is no such thing (block devices' buffers, swap, dirty pages of filesystems that
 * have no disk). What nobody counts (the LRU lists, all anonymous pages, committed memory) has no line: programs read by name.
 *
 * Pages of files are not counted when they come and go, but summed here over all inodes: the cost is the reader's. tmpfs pages are
 * Linux's Shmem.
 */
#include <primer/gfp.h>
#include <primer/init.h>
#include <primer/mm.h>
#include <primer/pagemap.h>
#include <primer/resource.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/vmalloc.h>
#include <uapi/statfs.h>

#include "internal.h"

struct cache_pages {
	unsigned long all, tmpfs;
};

static void count_super(struct super_block *sb, void *arg)
{
	struct cache_pages *sum = arg;
	unsigned long pages = 0;
	struct inode *inode;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list)
		pages += READ_ONCE(inode->i_data.nrpages);
	spin_unlock(&sb->s_inode_list_lock);
	sum->all += pages;
	if (sb->s_magic == TMPFS_MAGIC)
		sum->tmpfs += pages;
}

static void show_kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-16s%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static int meminfo_proc_show(struct seq_file *m, void *v)
{
	struct cache_pages cache = { };
	unsigned long reclaimable = kernel_pages(NR_SLAB_RECLAIMABLE), fixed = kernel_pages(NR_SLAB_UNRECLAIMABLE);

	iterate_supers(count_super, &cache);
	show_kb(m, "MemTotal:", totalram_pages());
	show_kb(m, "MemFree:", nr_free_pages());
	show_kb(m, "MemAvailable:", si_mem_available());
	show_kb(m, "Buffers:", 0);
	show_kb(m, "Cached:", cache.all);
	show_kb(m, "SwapCached:", 0);
	show_kb(m, "SwapTotal:", 0);
	show_kb(m, "SwapFree:", 0);
	show_kb(m, "Dirty:", 0);
	show_kb(m, "Writeback:", 0);
	show_kb(m, "Shmem:", cache.tmpfs);
	show_kb(m, "KReclaimable:", reclaimable);
	show_kb(m, "Slab:", reclaimable + fixed);
	show_kb(m, "SReclaimable:", reclaimable);
	show_kb(m, "SUnreclaim:", fixed);
	show_kb(m, "KernelStack:", kernel_pages(NR_KERNEL_STACK));
	show_kb(m, "PageTables:", kernel_pages(NR_PAGETABLE));
	show_kb(m, "NFS_Unstable:", 0);
	show_kb(m, "Bounce:", 0);
	show_kb(m, "WritebackTmp:", 0);
	seq_printf(m, "VmallocTotal:   %8lu kB\n", (VMALLOC_END - VMALLOC_START) >> 10);
	show_kb(m, "VmallocUsed:", vmalloc_nr_pages());
	seq_printf(m, "VmallocChunk:   %8lu kB\n", 0UL);
	return 0;
}

static int vmstat_show(struct seq_file *m, void *v)
{
	struct cache_pages cache = { };

	iterate_supers(count_super, &cache);
	seq_show_buf(m, vmstat_alloc_show);
	seq_printf(m, "nr_file_pages %lu\nnr_shmem %lu\n", cache.all, cache.tmpfs);
	seq_printf(m, "nr_slab_reclaimable %lu\nnr_slab_unreclaimable %lu\n", kernel_pages(NR_SLAB_RECLAIMABLE),
		   kernel_pages(NR_SLAB_UNRECLAIMABLE));
	seq_printf(m, "nr_kernel_stack %lu\nnr_page_table_pages %lu\n", kernel_pages(NR_KERNEL_STACK) << (PAGE_SHIFT - 10),
		   kernel_pages(NR_PAGETABLE));
	return 0;
}

/* The tables of others: m->private is who writes it. */
static int show_table(struct seq_file *m, void *v)
{
	seq_show_buf(m, (void (*)(struct seq_buf *))m->private);
	return 0;
}

static void iomem_show(struct seq_buf *s)	{ resource_show(s, &iomem_resource); }
static void ioports_show(struct seq_buf *s)	{ resource_show(s, &ioport_resource); }

static int __init proc_meminfo_init(void)
{
	static const struct { const char *name; umode_t mode; void (*show)(struct seq_buf *s); } tables[] = {
		{ "buddyinfo", 0444, buddyinfo_show }, { "zoneinfo", 0444, zoneinfo_show }, { "slabinfo", 0400, slabinfo_show },
		{ "vmallocinfo", 0400, vmallocinfo_show }, { "iomem", 0444, iomem_show }, { "ioports", 0444, ioports_show },
	};
	unsigned int i;

	proc_create_single("meminfo", 0, NULL, meminfo_proc_show);
	proc_create_single("vmstat", 0, NULL, vmstat_show);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		proc_create_single_data(tables[i].name, tables[i].mode, NULL, show_table, (void *)tables[i].show);
	return 0;
}
fs_initcall(proc_meminfo_init);
