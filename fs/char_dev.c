/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/char_dev.c - from a device node to its driver.
 *
 * A device node in a filesystem is only a pair of numbers. Opening one runs def_chr_fops.open, which looks for the
 * driver that has claimed the number, puts the driver's operations into the struct file, and calls the driver's own
 * open. After that the node plays no part.
 *
 *	open("/dev/zero") -> inode i_rdev 1:5 -> def_chr_fops -> cdev 1:0..255 -> file->f_op = its operations
 *
 * What is found is kept in the inode (i_cdev), so that the next open of the same node need not search. Drivers never
 * go, so it stays right.
 *
 * Claims are kept in lists by major number. A number that nobody has claimed gives -ENXIO.
 *
 * Locking. cdev_lock covers the lists.
 *
 * Linux (fs/char_dev.c) can also load a module for a number, and counts references to drivers that may be unloaded.
 */
#include <primer/cdev.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/slab.h>
#include <primer/spinlock.h>
#include <primer/string.h>

#include "internal.h"

#define CDEV_HASH	16

/* A name for a range of numbers. */
struct char_region {
	struct hlist_node node;
	dev_t from;
	unsigned int count;
	const char *name;
};

static DEFINE_SPINLOCK(cdev_lock, LOCK_RANK_INODE_HASH);	/* both tables; task context */
static struct hlist_head cdevs[CDEV_HASH];			/* [cdev_lock] by major */
static struct hlist_head regions[CDEV_HASH];			/* [cdev_lock] by major */

static bool overlap(dev_t a, unsigned int a_count, dev_t b, unsigned int b_count)
{
	return a < b + b_count && b < a + a_count;
}

void cdev_init(struct cdev *cdev, const struct file_operations *ops)
{
	*cdev = (struct cdev){ .ops = ops };
}

int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count)
{
	struct hlist_head *head = &cdevs[MAJOR(dev) % CDEV_HASH];
	struct cdev *other;
	int err = 0;

	if (!count || MAJOR(dev) != MAJOR(dev + count - 1))
		return -EINVAL;
	cdev->dev = dev;
	cdev->count = count;
	spin_lock(&cdev_lock);
	hlist_for_each_entry(other, head, node) {
		if (overlap(dev, count, other->dev, other->count))
			err = -EBUSY;
	}
	if (!err)
		hlist_add_head(&cdev->node, head);
	spin_unlock(&cdev_lock);
	return err;
}

void cdev_del(struct cdev *cdev)
{
	spin_lock(&cdev_lock);
	hlist_del_init(&cdev->node);
	spin_unlock(&cdev_lock);
}

static struct cdev *cdev_lookup(dev_t dev)
{
	struct cdev *cdev;

	spin_lock(&cdev_lock);
	hlist_for_each_entry(cdev, &cdevs[MAJOR(dev) % CDEV_HASH], node) {
		if (dev >= cdev->dev && dev - cdev->dev < cdev->count)
			break;
	}
	spin_unlock(&cdev_lock);
	return cdev;
}

int register_chrdev_region(dev_t from, unsigned int count, const char *name)
{
	struct hlist_head *head = &regions[MAJOR(from) % CDEV_HASH];
	struct char_region *r, *new = kmalloc(sizeof(*new), GFP_KERNEL);
	int err = 0;

	if (!new)
		return -ENOMEM;
	*new = (struct char_region){ .from = from, .count = count, .name = name };
	spin_lock(&cdev_lock);
	hlist_for_each_entry(r, head, node) {
		if (overlap(from, count, r->from, r->count))
			err = -EBUSY;
	}
	if (!err)
		hlist_add_head(&new->node, head);
	spin_unlock(&cdev_lock);
	if (err)
		kfree(new);
	return err;
}

void unregister_chrdev_region(dev_t from, unsigned int count)
{
	struct char_region *r, *found = NULL;

	spin_lock(&cdev_lock);
	hlist_for_each_entry(r, &regions[MAJOR(from) % CDEV_HASH], node) {
		if (r->from == from && r->count == count) {
			found = r;
			hlist_del(&r->node);
			break;
		}
	}
	spin_unlock(&cdev_lock);
	kfree(found);
}

/* A major that has no claim yet, from the range that Linux gives out dynamically. */
static unsigned int free_major(void)
{
	unsigned int major;

	for (major = 254; major >= 234; major--) {
		if (!register_chrdev_region(MKDEV(major, 0), 256, "dynamic")) {
			unregister_chrdev_region(MKDEV(major, 0), 256);
			return major;
		}
	}
	return 0;
}

int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops)
{
	unsigned int wanted = major;
	struct cdev *cdev;
	int err;

	if (!major) {
		major = free_major();
		if (!major)
			return -EBUSY;
	}
	err = register_chrdev_region(MKDEV(major, 0), 256, name);
	if (err)
		return err;
	cdev = kmalloc(sizeof(*cdev), GFP_KERNEL);
	err = -ENOMEM;
	if (cdev) {
		cdev_init(cdev, fops);
		err = cdev_add(cdev, MKDEV(major, 0), 256);
	}
	if (err) {
		kfree(cdev);
		unregister_chrdev_region(MKDEV(major, 0), 256);
		return err;
	}
	return wanted ? 0 : (int)major;
}

static int chrdev_open(struct inode *inode, struct file *file)
{
	struct cdev *cdev = READ_ONCE(inode->i_cdev);

	if (!cdev) {
		cdev = cdev_lookup(inode->i_rdev);
		if (!cdev)
			return -ENXIO;
		WRITE_ONCE(inode->i_cdev, cdev);
	}
	replace_fops(file, cdev->ops);
	return cdev->ops->open ? cdev->ops->open(inode, file) : 0;
}

const struct file_operations def_chr_fops = {
	.open = chrdev_open,
	.llseek = noop_llseek,
};
