/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/kasan.c - the address sanitizer: each access of the kernel is checked before it happens.
 *
 * The problem. C lets a program write behind the end of an array or through a pointer to memory that was freed. In the
 * kernel nothing stops it, and the damage is found by somebody else, later. The hardware checks pages; objects are
 * smaller.
 *
 * The idea (Serebryany et al., "AddressSanitizer", USENIX ATC 2012). Each 8 bytes of kernel memory have one byte of
 * shadow that says how many of them may be accessed, and the compiler puts a call before each load and store that
 * looks there:
 *
 *	shadow of address a:	(a >> 3) + KASAN_SHADOW_OFFSET
 *
 *	byte	meaning					p = kmalloc(20):
 *	00	all 8					memory	|........|........|....xxxx|xxxxxxxx|xxxxxxxx|
 *	01..07	the first so many			shadow	    00       00       04       fc       fc
 *	fc	red zone of a slab object
 *	fb	freed slab object			kfree(p):
 *	ff	free page				shadow	    fb       fb       fb       fc       fc
 *	fe	rest of the pages of a large kmalloc
 *	f8	rest of a vmalloc area, or one that is gone
 *	f9	behind a global variable
 *	f1..f4	around and between variables on a stack
 *
 * Who writes the shadow:
 *
 *	page_alloc	pages go out: 00, come back: ff
 *	slab		a new slab: fc; an object goes out: 00 for the bytes asked for; comes back: fb
 *	vmalloc		00 for the bytes asked for
 *	the compiler	at the beginning of each function with arrays: f1, f2, f3 around them; at its end: 00;
 *			and gcc leaves room behind each global variable, and makes a list of them: f9
 *
 * A freed object must not be handed out again at once, or a late access would find somebody else's valid object: it
 * goes through a queue, the quarantine (kasan_quarantine.c). Where it was allocated and freed, as stacks, is kept
 * behind it (kasan_depot.c), so that a report (kasan_report.c) can say so. How the shadow is mapped: kasan_init.c.
 *
 * What is not seen: accesses by assembly and asm statements (bit operations, atomics, copies to user memory), but for
 * those announced through primer/kasan-checks.h; memory of the boot allocator, per-CPU variables and others with a
 * section of their own, which have no red zones; struct pages, page tables, device registers, whose shadow is the zero
 * page. Files that look at poisoned memory on purpose are compiled without checks (NO_SANITIZE in the Makefile).
 * Stacks of kernel threads are twice as large, because red zones take room.
 *
 * A cache with slab_debug.c's own checks (slub_debug=) is left to those: one judge for each object.
 *
 * Locking: none. A shadow byte is written by whoever owns the memory that it speaks of. Checks race with writers only
 * when the kernel already has the bug they look for.
 *
 * Linux (mm/kasan/) adds tags in the upper byte of pointers on arm64, quarantines per CPU,
 * and the stacks of call_rcu() and queue_work().
 */
#include <primer/compiler.h>
#include <primer/init.h>
#include <primer/kasan-checks.h>
#include <primer/kasan.h>
#include <primer/mm.h>
#include <primer/sched.h>
#include <primer/string.h>

#include "kasan_internal.h"
#include "slab_internal.h"

#ifdef CONFIG_KASAN

#undef memcpy
#undef memmove
#undef memset

/* ---- writing the shadow ------------------------------------------------------------------------------------------ */

void kasan_poison(const void *p, size_t size, u8 value)
{
	__memset(kasan_mem_to_shadow(p), value, size >> KASAN_GRANULE_SHIFT);
}

void kasan_unpoison(const void *p, size_t size)
{
	u8 *shadow = kasan_mem_to_shadow(p);

	__memset(shadow, 0, size >> KASAN_GRANULE_SHIFT);
	if (size % KASAN_GRANULE)
		shadow[size >> KASAN_GRANULE_SHIFT] = size % KASAN_GRANULE;
}

void kasan_unpoison_range(const void *p, size_t size)
{
	kasan_poison(p, size, 0);
}

void kasan_poison_stack(const void *stack)
{
	kasan_poison(stack, THREAD_SIZE, KASAN_VMALLOC_INVALID);
}

void kasan_alloc_pages(struct page *page, unsigned int order)
{
	unsigned long i;
	u32 stack = kasan_save_stack();

	for (i = 0; i < 1UL << order; i++) {
		page[i].alloc_stack = stack;
		page[i].free_stack = 0;
	}
	kasan_poison(page_address(page), PAGE_SIZE << order, 0);
}

void kasan_free_pages(struct page *page, unsigned int order)
{
	unsigned long i;
	u32 stack = kasan_save_stack();

	for (i = 0; i < 1UL << order; i++)
		page[i].free_stack = stack;
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_FREE_PAGE);
}

/* Boot hands over all memory in blocks: nothing is written to the record of each page. */
void kasan_free_boot_pages(struct page *page, unsigned int order)
{
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_FREE_PAGE);
}

/* ---- reading it -------------------------------------------------------------------------------------------------- */

/* Is the byte at @addr out of bounds? A shadow byte of 80 and above is negative: none of its 8 may be accessed. */
static __always_inline bool byte_is_bad(unsigned long addr)
{
	s8 shadow = *(s8 *)kasan_mem_to_shadow((void *)addr);

	return unlikely(shadow) && (s8)(addr & (KASAN_GRANULE - 1)) >= shadow;
}

/* Up to 8 bytes: one granule, or the end of one and the beginning of the next. */
static __always_inline bool small_is_bad(unsigned long addr, size_t size)
{
	unsigned long last = addr + size - 1;

	if (unlikely((last & (KASAN_GRANULE - 1)) < size - 1) && *kasan_mem_to_shadow((void *)addr))
		return true;
	return byte_is_bad(last);
}

/* Any length: all granules but the last must be 00, and the last byte be accessible. */
static bool range_is_bad(unsigned long addr, size_t size)
{
	u8 *s = kasan_mem_to_shadow((void *)addr), *last = kasan_mem_to_shadow((void *)(addr + size - 1));

	for (; s < last && (unsigned long)s & 7; s++)
		if (*s)
			return true;
	for (; s + 8 <= last; s += 8)
		if (*(const u64 *)s)
			return true;
	for (; s < last; s++)
		if (*s)
			return true;
	return byte_is_bad(addr + size - 1);
}

unsigned long kasan_first_bad(unsigned long addr, size_t size)
{
	unsigned long end = addr + size;

	for (; addr < end; addr++)
		if (byte_is_bad(addr))
			return addr;
	return 0;
}

static __always_inline void check(unsigned long addr, size_t size, bool write, unsigned long ip)
{
	bool bad;

	if (unlikely(!size))
		return;
	if (unlikely(addr < KASAN_MEM_START || addr + size < addr))
		bad = true;
	else
		bad = __builtin_constant_p(size) && size <= 8 ? small_is_bad(addr, size) : range_is_bad(addr, size);
	if (unlikely(bad))
		kasan_report(addr, size, write, ip);
}

/* ---- what the compiler calls ------------------------------------------------------------------------------------- */

/* "noabort": the function returns also after a report; gcc and clang use these names for kernels. */
#define DEFINE_ASAN_ACCESS(size)								\
	void __asan_load##size(unsigned long addr);						\
	void __asan_load##size(unsigned long addr)	{ check(addr, size, false, _RET_IP_); }	\
	void __asan_store##size(unsigned long addr);						\
	void __asan_store##size(unsigned long addr)	{ check(addr, size, true, _RET_IP_); }	\
	void __asan_load##size##_noabort(unsigned long addr)					\
		__attribute__((alias("__asan_load" #size)));					\
	void __asan_store##size##_noabort(unsigned long addr)					\
		__attribute__((alias("__asan_store" #size)))

DEFINE_ASAN_ACCESS(1);
DEFINE_ASAN_ACCESS(2);
DEFINE_ASAN_ACCESS(4);
DEFINE_ASAN_ACCESS(8);
DEFINE_ASAN_ACCESS(16);

void __asan_loadN(unsigned long addr, size_t size)	{ check(addr, size, false, _RET_IP_); }
void __asan_storeN(unsigned long addr, size_t size)	{ check(addr, size, true, _RET_IP_); }
void __asan_loadN_noabort(unsigned long addr, size_t size) __attribute__((alias("__asan_loadN")));
void __asan_storeN_noabort(unsigned long addr, size_t size) __attribute__((alias("__asan_storeN")));

/* In front of lib's weak names: whoever says memcpy is checked, who says __memcpy is not. */
void *memcpy(void *dest, const void *src, size_t n)
{
	check((unsigned long)src, n, false, _RET_IP_);
	check((unsigned long)dest, n, true, _RET_IP_);
	return __memcpy(dest, src, n);
}

void *memmove(void *dest, const void *src, size_t n)
{
	check((unsigned long)src, n, false, _RET_IP_);
	check((unsigned long)dest, n, true, _RET_IP_);
	return __memmove(dest, src, n);
}

void *memset(void *dest, int c, size_t n)
{
	check((unsigned long)dest, n, true, _RET_IP_);
	return __memset(dest, c, n);
}

void *__asan_memcpy(void *dest, const void *src, size_t n) __attribute__((alias("memcpy")));
void *__asan_memmove(void *dest, const void *src, size_t n) __attribute__((alias("memmove")));
void *__asan_memset(void *dest, int c, size_t n) __attribute__((alias("memset")));

/* Large frames are poisoned by call rather than in line (clang). */
#define DEFINE_ASAN_SET_SHADOW(byte)					\
	void __asan_set_shadow_##byte(void *shadow, size_t size);	\
	void __asan_set_shadow_##byte(void *shadow, size_t size)	{ __memset(shadow, 0x##byte, size); }

DEFINE_ASAN_SET_SHADOW(00)
DEFINE_ASAN_SET_SHADOW(f1)
DEFINE_ASAN_SET_SHADOW(f2)
DEFINE_ASAN_SET_SHADOW(f3)
DEFINE_ASAN_SET_SHADOW(f5)
DEFINE_ASAN_SET_SHADOW(f8)

/*
 * A function that does not return is about to be called: panic(), do_exit(), a longjmp. The frames above may stay for
 * ever or be jumped out of; in either case their ends, which would clear their shadow, are not reached. Below here the
 * stack is clean, because every function that has returned cleared its own.
 */
void __asan_handle_no_return(void)
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0), begin;

	if (!kasan_ready || !current)
		return;
	begin = (unsigned long)current->stack;
	if (sp - begin < THREAD_SIZE) {
		sp &= ~(KASAN_GRANULE - 1);
		kasan_poison((void *)sp, begin + THREAD_SIZE - sp, 0);
	}
}

/* ---- global variables -------------------------------------------------------------------------------------------- */

/* What gcc says of a variable; the rest of the record is for C++. */
struct kasan_global {
	const void *beg;
	size_t size, size_with_redzone;	/* bytes; the latter with what gcc left free behind it */
	const void *name, *module_name;
	unsigned long has_dynamic_init;
	const void *location, *odr_indicator;
};

void __asan_register_globals(struct kasan_global *globals, size_t n);
void __asan_unregister_globals(struct kasan_global *globals, size_t n);

void __asan_register_globals(struct kasan_global *globals, size_t n)
{
	for (; n; n--, globals++) {
		kasan_poison(globals->beg, globals->size_with_redzone, KASAN_GLOBAL_REDZONE);
		kasan_unpoison(globals->beg, globals->size);
	}
}

/* Called when code is unloaded: never. */
void __asan_unregister_globals(struct kasan_global *globals, size_t n)
{
	(void)globals;
	(void)n;
}

void __init kasan_register_globals(void)
{
	extern void (*const __ctors_start[])(void), (*const __ctors_end[])(void);
	void (*const *ctor)(void);

	for (ctor = __ctors_start; ctor < __ctors_end; ctor++)
		(*ctor)();
}

/* ---- slab objects ------------------------------------------------------------------------------------------------ */

/*
 * Where the record of an object goes: behind it and whatever @size already counts. At least 24 bytes of red zone follow
 * each object; the one before it is its left neighbour's. Returns the new bytes per object.
 */
unsigned int kasan_cache_layout(struct kmem_cache *s, unsigned int size)
{
	s->kasan_meta = 0;
	if (cache_debug(s))
		return size;
	s->kasan_meta = ALIGN(size, 8u);
	return s->kasan_meta + sizeof(struct kasan_meta);
}

struct kasan_meta *kasan_get_meta(struct kmem_cache *s, void *object)
{
	return (struct kasan_meta *)((char *)object + s->kasan_meta);
}

void kasan_poison_slab(struct kmem_cache *s, struct page *page)
{
	unsigned int i;

	if (!s->kasan_meta)
		return;
	for (i = 0; i < page->objects; i++)
		*kasan_get_meta(s, nth_object(s, page, i)) = (struct kasan_meta){ 0 };
	kasan_poison(page_address(page), page_size(page), KASAN_KMALLOC_REDZONE);
}

/* @size bytes of @object, which is allocated, may be used. */
static void open_object(struct kmem_cache *s, void *object, size_t size)
{
	kasan_poison(object, ALIGN(s->object_size, (unsigned int)KASAN_GRANULE), KASAN_KMALLOC_REDZONE);
	kasan_unpoison(object, size);
}

void kasan_slab_alloc(struct kmem_cache *s, void *object, size_t size)
{
	struct kasan_meta *meta;

	if (!object || !s->kasan_meta)
		return;
	meta = kasan_get_meta(s, object);
	open_object(s, object, size);
	meta->alloc_stack = kasan_save_stack();
	meta->alloc_pid = current ? current->pid : 0;
	meta->free_stack = 0;
}

bool kasan_slab_free(struct kmem_cache *s, struct page *page, void *object, unsigned long ip)
{
	struct kasan_meta *meta;

	if (!s->kasan_meta)
		return false;
	/* Not where an object begins, or begins with what may not be accessed: freed already. */
	if (((char *)object - (char *)page_address(page)) % s->size ||
	    *(s8 *)kasan_mem_to_shadow(object) < 0) {
		kasan_report_invalid_free(object, ip);
		return true;
	}
	/* Readers under RCU may still look at it. */
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		return false;
	meta = kasan_get_meta(s, object);
	kasan_poison(object, ALIGN(s->object_size, (unsigned int)KASAN_GRANULE), KASAN_KMALLOC_FREE);
	meta->free_stack = kasan_save_stack();
	meta->free_pid = current ? current->pid : 0;
	kasan_quarantine_put(s, object);
	return true;
}

void kasan_cache_shrink(struct kmem_cache *s)
{
	kasan_quarantine_remove_cache(s);
}

void kasan_kmalloc_large(const void *p, size_t size)
{
	if (!p)
		return;
	kasan_poison(p, page_size(virt_to_head_page(p)), KASAN_PAGE_REDZONE);
	kasan_unpoison(p, size);
}

/* True: a block of whole pages that is not kfree()'s to free. */
bool kasan_kfree_large(const struct page *page, const void *p, unsigned long ip)
{
	if (p == page_address(page) && *(s8 *)kasan_mem_to_shadow(p) >= 0)
		return false;
	kasan_report_invalid_free((void *)p, ip);
	return true;
}

/* The user of @p, a kmalloc() of any kind, may use @size bytes from now on. */
void kasan_krealloc(const void *p, size_t size)
{
	struct page *page = virt_to_head_page(p);

	if (!PageSlab(page))
		kasan_kmalloc_large(p, size);
	else if (page->slab_cache->kasan_meta)
		open_object(page->slab_cache, (void *)p, size);
}

void *kasan_find_object(unsigned long addr, struct kmem_cache **s)
{
	struct page *page;
	unsigned long i;

	if (!virt_addr_valid((void *)addr))
		return NULL;
	page = virt_to_head_page((void *)addr);
	if (!PageSlab(page) || !page->slab_cache || !page->slab_cache->kasan_meta)
		return NULL;
	*s = page->slab_cache;
	i = (addr - (unsigned long)page_address(page)) / (*s)->size;
	return nth_object(*s, page, min_t(unsigned long, i, page->objects - 1U));
}

#endif
