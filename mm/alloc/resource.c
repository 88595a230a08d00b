/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/resource.c - two trees that say who owns which I/O ports and which physical addresses.
 *
 * The problem. Two drivers that program one device destroy each other's work, and a device placed over another's
 * registers hides it. The machine itself does not object.
 *
 * The idea. Every range that means something is a node; a range lies within its parent, and brothers are sorted and do
 * not overlap. The firmware's map, the kernel's image and the devices' windows are described first (insert_resource). A
 * driver then claims the very range it will use (request_region): the claim is refused if it meets another claim, and
 * otherwise goes down into the innermost description that contains it.
 *
 *	iomem_resource 0 - ffffffffffff
 *	|- 00001000-0009fbff : System RAM
 *	|- 00100000-1ffdffff : System RAM
 *	|   |- 00100000-003fffff : Kernel code
 *	|   `- 00400000-004fffff : Kernel data
 *	`- fec00000-fec003ff : IOAPIC 0			a claim: IORESOURCE_BUSY
 *
 * Locking: resource_lock covers both trees.
 *
 * Linux (kernel/resource.c) adds walking by type, reservations for hot-plugged memory, and managed claims that end with
 * the device.
 */
#include <primer/err.h>
#include <primer/kernel.h>
#include <primer/resource.h>
#include <primer/seq_buf.h>
#include <primer/slab.h>
#include <primer/spinlock.h>

struct resource ioport_resource = { .name = "PCI IO", .start = 0, .end = 0xffff, .flags = IORESOURCE_IO };
struct resource iomem_resource = { .name = "PCI mem", .start = 0, .end = ~0ULL, .flags = IORESOURCE_MEM };

/* Links of all resources. Task context. */
static DEFINE_SPINLOCK(resource_lock, LOCK_RANK_RESOURCE);

static bool contains(const struct resource *a, const struct resource *b)
{
	return a->start <= b->start && a->end >= b->end;
}

/* Make @new a child of @root. Returns the child that is in the way, @root if it does not contain @new, or NULL. */
static struct resource *add_child(struct resource *root, struct resource *new)
{
	struct resource **p = &root->child, *r;

	lockdep_assert_held(&resource_lock);
	if (new->end < new->start || !contains(root, new))
		return root;
	while ((r = *p) != NULL && r->end < new->start)
		p = &r->sibling;
	if (r && r->start <= new->end)
		return r;
	new->sibling = r;
	new->parent = root;
	*p = new;
	return NULL;
}

struct resource *request_resource_conflict(struct resource *root, struct resource *new)
{
	struct resource *conflict;

	spin_lock(&resource_lock);
	conflict = add_child(root, new);
	spin_unlock(&resource_lock);
	return conflict;
}

int request_resource(struct resource *root, struct resource *new)
{
	return request_resource_conflict(root, new) ? -EBUSY : 0;
}

/* The children of @parent from *@p on that lie within @new become its children; @new takes their place. */
static int adopt(struct resource *parent, struct resource **p, struct resource *new)
{
	struct resource *first = *p, *last, *r;

	for (last = first; last->sibling && last->sibling->start <= new->end; last = last->sibling)
		;
	/* The first and the last could stick out. */
	if (first->start < new->start || last->end > new->end)
		return -EBUSY;
	new->parent = parent;
	new->sibling = last->sibling;
	new->child = first;
	last->sibling = NULL;
	for (r = first; r; r = r->sibling)
		r->parent = new;
	*p = new;
	return 0;
}

static int insert_locked(struct resource *parent, struct resource *new)
{
	for (;;) {
		struct resource *r = add_child(parent, new), **p;

		if (!r)
			return 0;
		if (r == parent)
			return -EBUSY;
		if (contains(r, new) && !(r->start == new->start && r->end == new->end)) {
			parent = r;			/* deeper */
			continue;
		}
		for (p = &parent->child; *p != r; p = &(*p)->sibling)
			;
		return adopt(parent, p, new);
	}
}

int insert_resource(struct resource *parent, struct resource *new)
{
	int err;

	spin_lock(&resource_lock);
	err = insert_locked(parent, new);
	spin_unlock(&resource_lock);
	return err;
}

int release_resource(struct resource *old)
{
	struct resource **p, *r, *last = NULL;
	int err = -EINVAL;

	spin_lock(&resource_lock);
	if (!old->parent)
		goto out;
	for (p = &old->parent->child; *p && *p != old; p = &(*p)->sibling)
		;
	if (!*p)
		goto out;
	for (r = old->child; r; r = r->sibling) {
		r->parent = old->parent;
		last = r;
	}
	if (last) {
		last->sibling = old->sibling;
		*p = old->child;
	} else {
		*p = old->sibling;
	}
	old->parent = old->child = old->sibling = NULL;
	err = 0;
out:
	spin_unlock(&resource_lock);
	return err;
}

/* ---- claims ------------------------------------------------------------------------------------------------------ */

struct resource *__request_region(struct resource *parent, resource_size_t start, resource_size_t n, const char *name,
				  int flags)
{
	struct resource *res, *conflict;

	if (!n || start + n - 1 < start)
		return NULL;
	res = kzalloc(sizeof(*res), GFP_KERNEL);
	if (!res)
		return NULL;
	res->start = start;
	res->end = start + n - 1;
	res->name = name;
	res->flags = (parent->flags & (IORESOURCE_IO | IORESOURCE_MEM)) | IORESOURCE_BUSY | (unsigned int)flags;
	spin_lock(&resource_lock);
	for (;;) {
		conflict = add_child(parent, res);
		/* A description is no obstacle: claim inside it. A claim is. */
		if (!conflict || conflict == parent || (conflict->flags & IORESOURCE_BUSY) || !contains(conflict, res))
			break;
		parent = conflict;
	}
	spin_unlock(&resource_lock);
	if (conflict) {
		kfree(res);
		return NULL;
	}
	return res;
}

/* The claim of exactly [@start, @end] below @parent. */
static struct resource *find_claim(struct resource *parent, resource_size_t start, resource_size_t end)
{
	struct resource *r = parent->child;

	while (r) {
		if (r->start <= start && r->end >= end) {
			if ((r->flags & IORESOURCE_BUSY) && r->start == start && r->end == end)
				return r;
			r = r->child;
		} else {
			r = r->sibling;
		}
	}
	return NULL;
}

void __release_region(struct resource *parent, resource_size_t start, resource_size_t n)
{
	struct resource *res;

	spin_lock(&resource_lock);
	res = find_claim(parent, start, start + n - 1);
	spin_unlock(&resource_lock);
	if (WARN(!res || release_resource(res), "Trying to free nonexistent resource <%016llx-%016llx>\n", start,
		 start + n - 1))
		return;
	kfree(res);
}

static bool busy_below(const struct resource *parent, resource_size_t start, resource_size_t end)
{
	const struct resource *r;

	for (r = parent->child; r && r->start <= end; r = r->sibling)
		if (r->end >= start && ((r->flags & IORESOURCE_BUSY) || busy_below(r, start, end)))
			return true;
	return false;
}

bool region_is_busy(struct resource *parent, resource_size_t start, resource_size_t n)
{
	bool busy;

	spin_lock(&resource_lock);
	busy = busy_below(parent, start, start + n - 1);
	spin_unlock(&resource_lock);
	return busy;
}

/* Try the gap before each child, and behind the last. */
int allocate_resource(struct resource *root, struct resource *new, resource_size_t size, resource_size_t min,
		      resource_size_t max, resource_size_t align)
{
	resource_size_t from = max(root->start, min), last = min(root->end, max);
	struct resource *r;
	int err = -EBUSY;

	spin_lock(&resource_lock);
	for (r = root->child;; r = r->sibling) {
		resource_size_t start = ALIGN(from, align), gap_end = r ? r->start : last + 1;

		/* gap_end is exclusive; 0 means that the gap ends where addresses do. */
		if (size && start >= from && start + size - 1 >= start && start + size - 1 <= gap_end - 1 &&
		    start + size - 1 <= last) {
			new->start = start;
			new->end = start + size - 1;
			err = add_child(root, new) ? -EBUSY : 0;
			break;
		}
		if (!r)
			break;
		from = max(from, r->end + 1);
		if (r->end == ~0ULL)
			break;
	}
	spin_unlock(&resource_lock);
	return err;
}

/* ---- /proc ------------------------------------------------------------------------------------------------------- */

#define MAX_SHOWN_DEPTH	5

void resource_show(struct seq_buf *m, const struct resource *root)
{
	int width = root->end < 0x10000 ? 4 : 8, depth = 0;
	const struct resource *r = root->child;

	spin_lock(&resource_lock);
	while (r) {
		seq_buf_printf(m, "%*s%0*llx-%0*llx : %s\n", depth * 2, "", width, r->start, width, r->end,
			       r->name ? r->name : "<BAD>");
		if (r->child && depth < MAX_SHOWN_DEPTH) {
			r = r->child;
			depth++;
			continue;
		}
		while (r != root && !r->sibling) {
			r = r->parent;
			depth--;
		}
		r = r == root ? NULL : r->sibling;
	}
	spin_unlock(&resource_lock);
}
