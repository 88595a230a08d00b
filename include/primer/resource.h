/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/resource.h - who owns which physical addresses and I/O ports. (Linux: ioport.h)
 *
 * Two trees of ranges. A child lies within its parent, and siblings do not overlap and are sorted. A driver claims what
 * it will touch before it touches it, and gets a refusal when somebody else has it. The theory is in
 * mm/alloc/resource.c.
 */
#ifndef PRIMER_RESOURCE_H
#define PRIMER_RESOURCE_H

#include <primer/types.h>

struct seq_buf;

struct resource {
	resource_size_t start, end;	/* inclusive */
	const char *name;		/* not copied */
	unsigned long flags;		/* IORESOURCE_* */
	struct resource *parent, *sibling, *child;	/* [resource_lock] */
};

#define IORESOURCE_IO		0x00000100UL
#define IORESOURCE_MEM		0x00000200UL
#define IORESOURCE_IRQ		0x00000400UL
#define IORESOURCE_PREFETCH	0x00002000UL
#define IORESOURCE_READONLY	0x00004000UL
#define IORESOURCE_SYSRAM	0x01000000UL
#define IORESOURCE_EXCLUSIVE	0x08000000UL
#define IORESOURCE_SYSTEM_RAM	(IORESOURCE_MEM | IORESOURCE_SYSRAM)
#define IORESOURCE_BUSY		0x80000000UL	/* claimed by a driver: nothing more fits inside */

#define DEFINE_RES_NAMED(_start, _size, _name, _flags) \
	{ .start = (_start), .end = (_start) + (_size) - 1, .name = (_name), .flags = (_flags) }
#define DEFINE_RES_MEM_NAMED(_start, _size, _name)	DEFINE_RES_NAMED((_start), (_size), (_name), IORESOURCE_MEM)
#define DEFINE_RES_IO_NAMED(_start, _size, _name)	DEFINE_RES_NAMED((_start), (_size), (_name), IORESOURCE_IO)

extern struct resource ioport_resource;		/* 0 .. ffff */
extern struct resource iomem_resource;		/* all physical addresses */

static inline resource_size_t resource_size(const struct resource *r)	{ return r->end - r->start + 1; }

/*
 * request_resource - make @new a child of @root; -EBUSY when a child overlaps it or @root does not contain it
 * request_resource_conflict - the same; returns the one in the way, or NULL
 * insert_resource - put @new where it belongs below @parent: inside a child that contains it, around children it
 * contains
 * release_resource - take it out; its children go up one level. -EINVAL when it is in no tree.
 *
 * Context: task or boot.
 */
int request_resource(struct resource *root, struct resource *new);
struct resource *request_resource_conflict(struct resource *root, struct resource *new);
int insert_resource(struct resource *parent, struct resource *new);
int release_resource(struct resource *old);

/*
 * __request_region - claim [@start, @start + @n) in @parent or below, for a driver @name; NULL: taken, or no memory.
 * Needs kmalloc.
 */
struct resource *__request_region(struct resource *parent, resource_size_t start, resource_size_t n, const char *name,
				  int flags);
void __release_region(struct resource *parent, resource_size_t start, resource_size_t n);
/* region_intersects - does a claimed or described resource with @flags overlap the range? */
bool region_is_busy(struct resource *parent, resource_size_t start, resource_size_t n);

#define request_region(start, n, name)		__request_region(&ioport_resource, (start), (n), (name), 0)
#define request_mem_region(start, n, name)	__request_region(&iomem_resource, (start), (n), (name), 0)
#define release_region(start, n)		__release_region(&ioport_resource, (start), (n))
#define release_mem_region(start, n)		__release_region(&iomem_resource, (start), (n))

/* allocate_resource - a free place of @size within [@min, @max] of @root, aligned; becomes @new's range. 0, -EBUSY. */
int allocate_resource(struct resource *root, struct resource *new, resource_size_t size, resource_size_t min,
		      resource_size_t max, resource_size_t align);

/* resource_show - the text of /proc/ioports or /proc/iomem (@root says which). Context: task. */
void resource_show(struct seq_buf *m, const struct resource *root);

#endif
