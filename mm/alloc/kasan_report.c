/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/kasan_report.c - what the address sanitizer says when it has found something, in Linux's words.
 *
 *	BUG: KASAN: use-after-free in fn+0x2a/0x60		what, and where in the code
 *	Write of size 8 at addr ... by task name/pid		the access
 *	Call Trace:						how the code got there
 *	Allocated by task 1: ... Freed by task 1: ...		stacks from the depot
 *	The buggy address belongs to ...			object, stack variable, area, page
 *	Memory state around the buggy address:			the shadow; one byte for 8 of memory
 *
 * What happened is read from the shadow byte at the first address that may not be accessed. Of a stack variable the
 * compiler left a description: at the lowest address of the frame, below the first red zone of f1, lie three words: a
 * magic number, a string "3 32 4 1 i 48 8 3 buf ..." (how many variables; offset, size, length of name, name of each),
 * and the function.
 *
 * One report for each place in the code: what is wrong there is wrong in every round of a loop. kasan_multi_shot on the
 * command line prints all. kasan.fault=panic makes the first report the end, as panic_on_warn does.
 *
 * Locking. reporter: the CPU that prints. Others wait, so that reports do not mix; the same CPU inside its own report
 * (printk itself may be wrong) stays silent.
 *
 * Linux: mm/kasan/report.c, mm/kasan/generic_report.c.
 */
#include <primer/init.h>
#include <primer/kasan.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/mm.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/slab.h>
#include <primer/smp.h>
#include <primer/sprintf.h>
#include <primer/string.h>
#include <primer/vmalloc.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>
#include <asm/irqflags.h>
#include <asm/uaccess.h>

#include "kasan_internal.h"
#include "slab_internal.h"

#ifdef CONFIG_KASAN

#define NR_PLACES		64
#define BYTES_PER_ROW		16	/* of shadow */
#define ROWS_AROUND		2
#define FRAME_MAGIC		0x41b58ab3UL
#define MAX_FRAME		8192	/* bytes to search for the beginning of a frame */

static int reporter = -1;		/* the CPU that prints a report, or -1. Context: any, interrupts off */
static unsigned long places[NR_PLACES];	/* [reporter] code that has been reported */
static unsigned int nr_places;		/* [reporter] */
static atomic_long_t nr_reports;
static bool multi_shot __ro_after_init, panic_on_report __ro_after_init;

static int __init multi_shot_setup(char *val)
{
	(void)val;
	multi_shot = true;
	return 1;
}
__setup("kasan_multi_shot", multi_shot_setup);

static int __init fault_setup(char *val)
{
	if (strcmp(val, "panic") && strcmp(val, "report"))
		pr_err("kasan.fault=%s: neither \"report\" nor \"panic\"\n", val);
	panic_on_report = !strcmp(val, "panic");
	return 1;
}
__setup("kasan.fault=", fault_setup);

unsigned long kasan_report_count(void)
{
	return atomic_long_read(&nr_reports);
}

/* ---- what kind of mistake ---------------------------------------------------------------------------------------- */

static const char *shadow_bug_type(unsigned long bad)
{
	const u8 *shadow = kasan_mem_to_shadow((void *)bad);

	/* Behind the end of something that ends inside a granule: the next one tells what comes there. */
	if (*shadow > 0 && *shadow < KASAN_GRANULE)
		shadow++;
	switch (*shadow) {
	case KASAN_PAGE_REDZONE:
	case KASAN_KMALLOC_REDZONE:
	case 0 ... KASAN_GRANULE - 1:
		return "slab-out-of-bounds";
	case KASAN_GLOBAL_REDZONE:
		return "global-out-of-bounds";
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
	case KASAN_STACK_PARTIAL:
		return "stack-out-of-bounds";
	case KASAN_FREE_PAGE:
	case KASAN_KMALLOC_FREE:
		return "use-after-free";
	case KASAN_VMALLOC_INVALID:
		return "vmalloc-out-of-bounds";
	}
	return "unknown-crash";
}

static const char *bug_type(unsigned long addr, size_t size, unsigned long *bad)
{
	*bad = addr;
	if (addr + size < addr)
		return "out-of-bounds";
	if (addr < PAGE_SIZE)
		return "null-ptr-deref";
	if (addr < TASK_SIZE)
		return "user-memory-access";
	if (addr < KASAN_MEM_START)
		return "wild-memory-access";
	*bad = kasan_first_bad(addr, size);
	return *bad ? shadow_bug_type(*bad) : "unknown-crash";
}

/* ---- where the address belongs ----------------------------------------------------------------------------------- */

static void describe_object(struct kmem_cache *s, void *object, unsigned long addr)
{
	const struct kasan_meta *meta = kasan_get_meta(s, object);
	unsigned long start = (unsigned long)object, end = start + s->object_size;
	const char *relation = addr < start ? "to the left" : addr >= end ? "to the right" : "inside";
	unsigned long distance = addr < start ? start - addr : addr >= end ? addr - end : addr - start;

	if (meta->alloc_stack || meta->alloc_pid) {
		pr_err("Allocated by task %d:\n", meta->alloc_pid);
		kasan_print_stack(meta->alloc_stack);
		pr_err("\n");
	}
	if (meta->free_stack) {
		pr_err("Freed by task %d:\n", meta->free_pid);
		kasan_print_stack(meta->free_stack);
		pr_err("\n");
	}
	pr_err("The buggy address belongs to the object at %px\n which belongs to the cache %s of size %u\n", object,
	       s->name, s->object_size);
	pr_err("The buggy address is located %lu bytes %s of\n %u-byte region [%px, %px)\n", distance, relation,
	       s->object_size, object, (void *)end);
}

/* One "offset size length name" of a frame's description; advances *@p. False: that is not what stands there. */
static bool next_variable(const char **p, unsigned long *offset, unsigned long *size, char *name, size_t name_size)
{
	unsigned long number[3];
	size_t i;

	for (i = 0; i < 3; i++) {
		number[i] = 0;
		if (**p < '0' || **p > '9')
			return false;
		for (; **p >= '0' && **p <= '9'; (*p)++)
			number[i] = number[i] * 10 + (**p - '0');
		if (*(*p)++ != ' ')
			return false;
	}
	*offset = number[0];
	*size = number[1];
	/* The name may carry ":line". */
	for (i = 0; i < number[2] && (*p)[i] && (*p)[i] != ':' && i + 1 < name_size; i++)
		name[i] = (*p)[i];
	name[i] = '\0';
	for (i = 0; i < number[2] && **p; i++)
		(*p)++;
	if (**p == ' ')
		(*p)++;
	return true;
}

/* The frame that @addr lies in begins where, going down, the red zone of f1 ends. */
static const unsigned long *find_frame(unsigned long addr)
{
	const u8 *s = kasan_mem_to_shadow((void *)addr), *low;
	const unsigned long *frame;
	unsigned long stack = (unsigned long)current->stack;

	low = kasan_mem_to_shadow((void *)max(stack, addr - MAX_FRAME));
	while (s > low && *s != KASAN_STACK_LEFT)
		s--;
	while (s > low && s[-1] == KASAN_STACK_LEFT)
		s--;
	frame = kasan_shadow_to_mem(s);
	return *s == KASAN_STACK_LEFT && frame[0] == FRAME_MAGIC ? frame : NULL;
}

static void describe_stack(unsigned long addr)
{
	const unsigned long *frame = find_frame(addr);
	unsigned long count = 0, offset, size;
	const char *p;
	char name[64];

	pr_err("The buggy address belongs to stack of task %s/%d\n", current->comm, current->pid);
	if (!frame)
		return;
	pr_err("\naddr %px is located in stack of task %s/%d at offset %lu in frame:\n %pS\n\n", (void *)addr,
	       current->comm, current->pid, addr - (unsigned long)frame, (void *)frame[2]);
	p = (const char *)frame[1];
	for (; *p >= '0' && *p <= '9'; p++)
		count = count * 10 + (*p - '0');
	p += *p == ' ';
	pr_err("this frame has %lu object%s:\n", count, count == 1 ? "" : "s");
	while (count-- && next_variable(&p, &offset, &size, name, sizeof(name)))
		pr_err(" [%lu, %lu) '%s'\n", offset, offset + size, name);
}

static void describe_page(unsigned long addr)
{
	struct page *page = virt_to_head_page((void *)addr);

	pr_err("The buggy address belongs to the page:\n");
	pr_err("page:%px refcount:%d mapcount:%d mapping:%px index:%#lx pfn:%#lx\n", page, page_ref_count(page),
	       page_mapcount(page), page->mapping, page->index, page_to_pfn(page));
	pr_err("flags: %#lx\n", page->flags);
	page = virt_to_page((void *)addr);
	if (PageSlab(page))
		return;			/* who allocated the object is said already */
	if (page->alloc_stack) {
		pr_err("page last allocated by:\n");
		kasan_print_stack(page->alloc_stack);
	}
	if (page->free_stack) {
		pr_err("page last freed by:\n");
		kasan_print_stack(page->free_stack);
	}
}

static void describe_vm_area(unsigned long addr)
{
	struct vm_struct *vm;

	oops_in_progress++;		/* the lock may be held by whom we report */
	vm = find_vm_area((void *)addr);
	oops_in_progress--;
	if (vm)
		pr_err("The buggy address belongs to the virtual mapping at\n [%px, %px) created by:\n %pS\n",
		       vm->addr, (char *)vm->addr + vm->size, vm->caller);
}

static void describe_address(unsigned long addr)
{
	struct kmem_cache *s;
	void *object = kasan_find_object(addr, &s);

	if (object)
		describe_object(s, object, addr);
	else if (current && addr - (unsigned long)current->stack < THREAD_SIZE)
		describe_stack(addr);
	else if (addr >= (unsigned long)_text && addr < (unsigned long)_end)
		pr_err("The buggy address belongs to the variable:\n %pS\n", (void *)addr);
	else if (is_vmalloc_addr((void *)addr))
		describe_vm_area(addr);
	if (virt_addr_valid((void *)addr))
		describe_page(addr);
}

static void print_shadow(unsigned long addr)
{
	const u8 *shadow = kasan_mem_to_shadow((void *)addr);
	unsigned long middle = ALIGN_DOWN((unsigned long)shadow, (unsigned long)BYTES_PER_ROW);
	u8 row[BYTES_PER_ROW];
	int i;

	pr_err("Memory state around the buggy address:\n");
	for (i = -ROWS_AROUND; i <= ROWS_AROUND; i++) {
		const u8 *from = (const u8 *)(middle + (long)i * BYTES_PER_ROW);

		if (copy_from_kernel_nofault(row, from, sizeof(row)))
			continue;
		pr_err("%c%px: %*ph\n", i ? ' ' : '>', kasan_shadow_to_mem(from), BYTES_PER_ROW, row);
		/* Under the byte: the sign, 16 digits, a colon, then three characters for each byte before it. */
		if (!i)
			pr_err("%*c\n", 19 + 3 * (int)((unsigned long)shadow - middle) + 2, '^');
	}
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

/* False: nothing is to be printed. Otherwise interrupts are off until end_report(). */
static bool begin_report(unsigned long ip, unsigned long *flags)
{
	unsigned int i;
	int me, old = -1;

	if (!kasan_ready)
		return false;
	local_irq_save(*flags);
	me = raw_smp_processor_id();
	if (READ_ONCE(reporter) == me)
		goto silent;
	atomic_long_inc(&nr_reports);
	while (!try_cmpxchg_acquire(&reporter, &old, me)) {	/* pairs with the release in end_report() */
		old = -1;
		cpu_relax();
	}
	for (i = 0; i < nr_places && places[i] != ip; i++)
		;
	if (multi_shot || (i == nr_places && i < NR_PLACES)) {
		if (i == nr_places && i < NR_PLACES)
			places[nr_places++] = ip;
		pr_err("==================================================================\n");
		return true;
	}
	smp_store_release(&reporter, -1);
silent:
	local_irq_restore(*flags);
	return false;
}

static void end_report(unsigned long flags)
{
	pr_err("==================================================================\n");
	add_taint(TAINT_BAD_PAGE);
	smp_store_release(&reporter, -1);	/* pairs with the acquire in begin_report() */
	local_irq_restore(flags);
	if (panic_on_report)
		panic("kasan.fault=panic set ...\n");
	if (panic_on_warn) {
		panic_on_warn = 0;		/* the panic itself may warn */
		panic("panic_on_warn set ...\n");
	}
}

void kasan_report(unsigned long addr, size_t size, bool write, unsigned long ip)
{
	unsigned long bad, flags;
	const char *what;

	if (!begin_report(ip, &flags))
		return;
	what = bug_type(addr, size, &bad);
	pr_err("BUG: KASAN: %s in %pS\n", what, (void *)ip);
	pr_err("%s of size %zu at addr %px by task %s/%d\n", write ? "Write" : "Read", size, (void *)addr,
	       current ? current->comm : "swapper", current ? current->pid : 0);
	pr_err("\n");
	dump_stack_lvl(KERN_ERR);
	pr_err("\n");
	if (bad >= KASAN_MEM_START) {
		describe_address(bad);
		pr_err("\n");
		print_shadow(bad);
	}
	end_report(flags);
}

void kasan_report_invalid_free(void *object, unsigned long ip)
{
	unsigned long flags;

	if (!begin_report(ip, &flags))
		return;
	pr_err("BUG: KASAN: double-free or invalid-free in %pS\n", (void *)ip);
	pr_err("\n");
	dump_stack_lvl(KERN_ERR);
	pr_err("\n");
	describe_address((unsigned long)object);
	pr_err("\n");
	print_shadow((unsigned long)object);
	end_report(flags);
}

#endif
