/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/proc/meminfo.c - memory as a whole: meminfo, vmstat, and the tables that the allocators write themselves.
 *
 * Where the numbers come from: mm/alloc/vmstat.c counts pages by use; the zones know what is free. A line that is
 * always 0 here names a thing that this kernel has not (swap, huge pages, dirty pages of filesystems with a disk), and
 * that programs look for.
 *
 *	MemTotal = MemFree + AnonPages + Cached + Slab + KernelStack + PageTables + Percpu + what drivers and vmalloc hold
 *
 * Active and Inactive. No list sorts pages by age. What Linux would find on its lists stands where it puts new pages:
 * private pages and tmpfs are Inactive(anon), pages of ramfs, which cannot be given up, Unevictable.
 *
 * Mapped is the one line that is counted when it is asked for: entries come and go too often to look, at each, whether
 * it was the page's first or last. Only files that somebody maps are gone through.
 */
#include <primer/gfp.h>
#include <primer/init.h>
#include <primer/mm.h>
#include <primer/mman.h>
#include <primer/pagemap.h>
#include <primer/percpu.h>
#include <primer/pgtable.h>
#include <primer/resource.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/vmalloc.h>

#include "internal.h"

static void count_mapped(struct super_block *sb, void *arg)
{
	unsigned long *sum = arg, index;
	struct inode *inode;
	struct page *page;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		struct address_space *mapping = &inode->i_data;

		if (RB_EMPTY_ROOT(&mapping->i_mmap.rb_root))
			continue;
		spin_lock(&mapping->tree_lock);
		index = 0;
		radix_tree_for_each(&mapping->i_pages, page, index, ~0UL)
			*sum += page_mapped(page);
		spin_unlock(&mapping->tree_lock);
	}
	spin_unlock(&sb->s_inode_list_lock);
}

static unsigned long mapped_file_pages(void)
{
	unsigned long sum = 0;

	iterate_supers(count_mapped, &sum);
	return sum;
}

static void show_kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-16s%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static int meminfo_proc_show(struct seq_file *m, void *v)
{
	unsigned long reclaimable = kernel_pages(NR_SLAB_RECLAIMABLE), fixed = kernel_pages(NR_SLAB_UNRECLAIMABLE);
	unsigned long anon = kernel_pages(NR_ANON_MAPPED), shmem = kernel_pages(NR_SHMEM);
	unsigned long file = max(kernel_pages(NR_FILE_PAGES), shmem);

	show_kb(m, "MemTotal:", totalram_pages());
	show_kb(m, "MemFree:", nr_free_pages());
	show_kb(m, "MemAvailable:", si_mem_available());
	show_kb(m, "Buffers:", 0);
	show_kb(m, "Cached:", file);
	show_kb(m, "SwapCached:", 0);
	show_kb(m, "Active:", 0);
	show_kb(m, "Inactive:", anon + shmem);
	show_kb(m, "Active(anon):", 0);
	show_kb(m, "Inactive(anon):", anon + shmem);
	show_kb(m, "Active(file):", 0);
	show_kb(m, "Inactive(file):", 0);
	show_kb(m, "Unevictable:", file - shmem);
	show_kb(m, "Mlocked:", kernel_pages(NR_MLOCK));
	show_kb(m, "SwapTotal:", 0);
	show_kb(m, "SwapFree:", 0);
	show_kb(m, "Dirty:", 0);
	show_kb(m, "Writeback:", 0);
	show_kb(m, "AnonPages:", anon);
	show_kb(m, "Mapped:", mapped_file_pages());
	show_kb(m, "Shmem:", shmem);
	show_kb(m, "KReclaimable:", reclaimable);
	show_kb(m, "Slab:", reclaimable + fixed);
	show_kb(m, "SReclaimable:", reclaimable);
	show_kb(m, "SUnreclaim:", fixed);
	show_kb(m, "KernelStack:", kernel_pages(NR_KERNEL_STACK));
	show_kb(m, "PageTables:", kernel_pages(NR_PAGETABLE));
	show_kb(m, "NFS_Unstable:", 0);
	show_kb(m, "Bounce:", 0);
	show_kb(m, "WritebackTmp:", 0);
	show_kb(m, "CommitLimit:", vm_commit_limit());
	show_kb(m, "Committed_AS:", vm_memory_committed());
	seq_printf(m, "VmallocTotal:   %8lu kB\n", (VMALLOC_END - VMALLOC_START) >> 10);
	show_kb(m, "VmallocUsed:", vmalloc_nr_pages());
	show_kb(m, "VmallocChunk:", 0);
	show_kb(m, "Percpu:", pcpu_nr_pages());
	show_kb(m, "AnonHugePages:", 0);
	show_kb(m, "ShmemHugePages:", 0);
	show_kb(m, "ShmemPmdMapped:", 0);
	show_kb(m, "FileHugePages:", 0);
	show_kb(m, "FilePmdMapped:", 0);
	seq_printf(m, "HugePages_Total:   %5lu\nHugePages_Free:    %5lu\nHugePages_Rsvd:    %5lu\nHugePages_Surp:    %5lu\n"
		   "Hugepagesize:   %8lu kB\nHugetlb:        %8lu kB\n", 0UL, 0UL, 0UL, 0UL, 2048UL, 0UL);
	show_kb(m, "DirectMap4k:", direct_pages_count[PG_LEVEL_4K]);
	show_kb(m, "DirectMap2M:", direct_pages_count[PG_LEVEL_2M] << 9);
	show_kb(m, "DirectMap1G:", direct_pages_count[PG_LEVEL_1G] << 18);
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
		{ "buddyinfo", 0444, buddyinfo_show }, { "zoneinfo", 0444, zoneinfo_show },
		{ "vmstat", 0444, vmstat_show }, { "slabinfo", 0400, slabinfo_show },
		{ "vmallocinfo", 0400, vmallocinfo_show }, { "iomem", 0444, iomem_show }, { "ioports", 0444, ioports_show },
	};
	unsigned int i;

	proc_create_single("meminfo", 0, NULL, meminfo_proc_show);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		proc_create_single_data(tables[i].name, tables[i].mode, NULL, show_table, (void *)tables[i].show);
	return 0;
}
fs_initcall(proc_meminfo_init);
