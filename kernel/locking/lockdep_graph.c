/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/locking/lockdep_graph.c - which class of lock was ever taken inside which other. Empty in plain builds.
 *
 * The problem. A circle of waiters needs an edge that closes it: somebody who holds B takes A, though A -> ... -> B
 * has been seen. To notice that at the first such moment, all that was ever seen must be remembered, and a new edge
 * must be compared with it; yet the check stands in every lock operation.
 *
 * The idea. Facts are few, events are many. An edge is new once; then the search is made, breadth first, so that the
 * circle that is reported is the shortest. All other times the same locks are taken in the same order as before, and
 * that is recognised in one look: each stack of held locks has a key, a hash of its classes in order, and a key that
 * is in the table of chains has been checked.
 *
 *	lock A; lock B; lock C		keys: h(A)  h(A,B)  h(A,B,C)
 *
 *	chain table:	h(A)   h(A,B)   h(A,B,C)			one look each time
 *	edges:		A -> B   B -> C					searched once
 *
 * A -> C needs no edge: the search goes through B. Only from a lock that was taken by trylock must the one before it
 * have its own edge, as a trylock's edge says nothing: it does not wait.
 *
 * Tables are static: this runs before there is memory, and inside the allocator. Nothing is ever removed, so readers
 * of the two hash tables need no lock; an entry is complete before its index is published.
 *
 * Locking: graph_lock, a bare spinning word, with interrupts off; the stack walker is the only thing called below it.
 *
 * Linux (kernel/locking/lockdep.c) can take out again what belongs to a module that is unloaded, and notes with each
 * edge whether readers or writers made it.
 */
#ifdef CONFIG_DEBUG
#include <primer/hash.h>
#include <primer/sched.h>
#include <primer/spinlock.h>
#include <primer/stacktrace.h>
#include <primer/string.h>

#include "lockdep_internals.h"

#define CLASS_HASH_BITS		9
#define CHAIN_HASH_BITS		12

struct lock_class lock_classes[MAX_LOCKDEP_CLASSES];
struct lock_edge lock_edges[MAX_LOCKDEP_EDGES];
struct lock_chain lock_chains[MAX_LOCKDEP_CHAINS];
u16 chain_hlocks[MAX_LOCKDEP_CHAIN_HLOCKS];
struct lock_trace lock_traces[MAX_LOCKDEP_TRACES];
unsigned int nr_lock_classes, nr_lock_edges, nr_lock_chains, nr_lock_traces, nr_chain_hlocks;

static u16 class_hash[1 << CLASS_HASH_BITS];	/* index + 1 */
static u16 chain_hash[1 << CHAIN_HASH_BITS];
static u16 queue[MAX_LOCKDEP_CLASSES];		/* [graph] of the search */
static u32 nr_searches;				/* [graph] */
static arch_spinlock_t graph_word = __ARCH_SPIN_LOCK_UNLOCKED;

void graph_lock(void)	{ arch_spin_lock(&graph_word); }
void graph_unlock(void)	{ arch_spin_unlock(&graph_word); }

/* ---- classes ----------------------------------------------------------------------------------------------------- */

static struct lock_class *look_up_class(const void *key, unsigned int subclass, u16 *bucket)
{
	for (u16 i = smp_load_acquire(bucket); i; i = lock_classes[i - 1].hash_next)
		if (lock_classes[i - 1].key == key && lock_classes[i - 1].subclass == subclass)
			return &lock_classes[i - 1];
	return NULL;
}

struct lock_class *find_class(const void *key, unsigned int subclass, const char *name, unsigned int rank, u8 flags)
{
	u16 *bucket = &class_hash[hash_64((u64)key + subclass, CLASS_HASH_BITS)];
	struct lock_class *class = look_up_class(key, subclass, bucket);

	if (likely(class))
		return class;
	graph_lock();
	class = look_up_class(key, subclass, bucket);
	if (!class && nr_lock_classes < MAX_LOCKDEP_CLASSES) {
		class = &lock_classes[nr_lock_classes];
		class->key = key;
		class->subclass = (u8)subclass;
		class->name = name ? name : "(unnamed)";
		class->rank = (u8)rank;
		class->flags = flags;
		class->hash_next = *bucket;
		smp_store_release(&nr_lock_classes, nr_lock_classes + 1);	/* pairs with lockdep_show() */
		smp_store_release(bucket, class_index(class) + 1);	/* pairs with look_up_class() */
	}
	graph_unlock();
	return class;
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

bool chain_known(u64 key)
{
	for (u16 i = smp_load_acquire(&chain_hash[hash_64(key, CHAIN_HASH_BITS)]); i; i = lock_chains[i - 1].next)
		if (lock_chains[i - 1].key == key)
			return true;
	return false;
}

bool add_chain(u64 key, const struct held_lock *locks, unsigned int depth, unsigned int context)
{
	u16 *bucket = &chain_hash[hash_64(key, CHAIN_HASH_BITS)];
	struct lock_chain *chain;

	if (nr_lock_chains == MAX_LOCKDEP_CHAINS || nr_chain_hlocks + depth > MAX_LOCKDEP_CHAIN_HLOCKS)
		return false;
	chain = &lock_chains[nr_lock_chains];
	chain->key = key;
	chain->depth = (u8)depth;
	chain->context = (u8)context;
	chain->base = nr_chain_hlocks;
	for (unsigned int i = 0; i < depth; i++)
		chain_hlocks[nr_chain_hlocks++] = locks[i].class;
	chain->next = *bucket;
	smp_store_release(&nr_lock_chains, nr_lock_chains + 1);		/* pairs with lockdep_chains_show() */
	smp_store_release(bucket, (u16)nr_lock_chains);			/* pairs with chain_known() */
	return true;
}

/* ---- edges ------------------------------------------------------------------------------------------------------- */

u16 save_lock_trace(void)
{
	unsigned long entries[TRACE_DEPTH];
	struct lock_trace *trace;

	if (nr_lock_traces == MAX_LOCKDEP_TRACES)
		return 0;
	trace = &lock_traces[nr_lock_traces++];
	trace->nr = (u8)stack_trace_save(entries, TRACE_DEPTH, 3);
	for (unsigned int i = 0; i < trace->nr; i++)
		trace->entries[i] = (u32)entries[i];
	return (u16)nr_lock_traces;
}

bool has_edge(const struct lock_class *from, const struct lock_class *to)
{
	for (u16 i = from->after; i; i = lock_edges[i - 1].next)
		if (lock_edges[i - 1].class == class_index(to))
			return true;
	return false;
}

static void link(u16 *list, const struct lock_class *to, u16 trace)
{
	struct lock_edge *edge = &lock_edges[nr_lock_edges++];

	edge->class = class_index(to);
	edge->trace = trace;
	edge->next = *list;
	*list = (u16)nr_lock_edges;
}

bool add_edge(struct lock_class *from, struct lock_class *to, u16 trace)
{
	if (nr_lock_edges + 2 > MAX_LOCKDEP_EDGES)
		return false;
	link(&from->after, to, trace);
	link(&to->before, from, trace);
	return true;
}

/* ---- searching --------------------------------------------------------------------------------------------------- */

/* From the class found back to where the search began; @path then reads in the direction of the search. */
static void trace_back(const struct lock_class *found, const struct lock_class *from, struct lock_path *path)
{
	unsigned int nr = 1;

	for (const struct lock_class *c = found; c != from && nr < MAX_PATH; c = &lock_classes[c->parent])
		nr++;
	path->nr = nr;
	for (const struct lock_class *c = found; nr--; c = &lock_classes[c->parent]) {
		path->class[nr] = class_index(c);
		path->trace[nr] = c == from ? 0 : c->parent_trace;
	}
}

/*
 * Breadth first. Invariant: queue[0 .. tail) are the classes seen, in order of distance; all neighbours of queue[0 ..
 * head) have been seen.
 */
static unsigned int spread(struct lock_class *from, const struct lock_class *target, u8 usage, bool forwards,
			   struct lock_class **found)
{
	unsigned int head = 0, tail = 0;

	*found = NULL;
	nr_searches++;
	from->searched = nr_searches;
	queue[tail++] = class_index(from);
	while (head < tail) {
		struct lock_class *class = &lock_classes[queue[head++]];

		if (class == target || (class->usage & usage)) {
			*found = class;
			break;
		}
		for (u16 i = forwards ? class->after : class->before; i; i = lock_edges[i - 1].next) {
			struct lock_class *next = &lock_classes[lock_edges[i - 1].class];

			if (next->searched == nr_searches)
				continue;
			next->searched = nr_searches;
			next->parent = class_index(class);
			next->parent_trace = lock_edges[i - 1].trace;
			queue[tail++] = class_index(next);
		}
	}
	return tail;
}

struct lock_class *search(struct lock_class *from, const struct lock_class *target, u8 usage, bool forwards,
			  struct lock_path *path)
{
	struct lock_class *found;

	spread(from, target, usage, forwards, &found);
	if (found)
		trace_back(found, from, path);
	return found;
}

unsigned int count_reachable(struct lock_class *from, bool forwards)
{
	struct lock_class *found;

	return spread(from, NULL, 0, forwards, &found) - 1;
}

u8 search_all(struct lock_class *from, bool forwards)
{
	struct lock_class *found;
	unsigned int n = spread(from, NULL, 0, forwards, &found);
	u8 usage = 0;

	while (n--)
		usage |= lock_classes[queue[n]].usage;
	return usage;
}

#endif
