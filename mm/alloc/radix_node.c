/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/alloc/radix_node.c - nodes for the radix trees and idrs of lib/.
 *
 * lib/ allocates nothing; a tree asks its owner's callbacks for nodes. Nearly every tree is content with a slab cache, so that is
 * the default, lent here once. Freeing is at once, until kernel/rcu puts a grace period before it: then readers need no lock.
 */
#include <primer/init.h>
#include <primer/mm.h>
#include <primer/radix_tree.h>
#include <primer/slab.h>

static struct kmem_cache *radix_tree_node_cachep __ro_after_init;

struct radix_tree_node *radix_tree_node_alloc(gfp_t gfp)
{
	return kmem_cache_alloc(radix_tree_node_cachep, gfp);
}

void radix_tree_node_free(struct radix_tree_node *node)
{
	kmem_cache_free(radix_tree_node_cachep, node);
}

static const struct radix_tree_ops slab_ops = { radix_tree_node_alloc, radix_tree_node_free };

void __init radix_tree_init(void)
{
	radix_tree_node_cachep = KMEM_CACHE(radix_tree_node, SLAB_PANIC);
	radix_tree_register_ops(&slab_ops);
}
