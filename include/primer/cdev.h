/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/cdev.h - character devices: from a device number to a driver's operations. The theory is in
 * fs/char_dev.c.
 */
#ifndef PRIMER_CDEV_H
#define PRIMER_CDEV_H

#include <primer/list.h>
#include <primer/types.h>

struct file_operations;

/* A driver's claim on @count device numbers from @dev on. */
struct cdev {
	const struct file_operations *ops;	/* immutable */
	dev_t dev;				/* immutable after cdev_add() */
	unsigned int count;			/* immutable after cdev_add() */
	struct hlist_node node;			/* [cdev_lock] by major */
};

void cdev_init(struct cdev *cdev, const struct file_operations *ops);
/*
 * cdev_add - from now on, opening these numbers opens @cdev; 0, -EBUSY when some are taken, -EINVAL. cdev_del undoes
 * it.
 */
int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count);
void cdev_del(struct cdev *cdev);

/*
 * register_chrdev - claim the minors 0 to 255 of @major (0: any free one) for @name
 * Returns 0 (or the major found), -EBUSY, -ENOMEM.
 */
int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops);
/* register_chrdev_region - note a driver's name for /proc/devices; -EBUSY when the numbers are taken. */
int register_chrdev_region(dev_t from, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t from, unsigned int count);

/* What every character device node begins with: its open() finds the driver. */
extern const struct file_operations def_chr_fops;

#endif
