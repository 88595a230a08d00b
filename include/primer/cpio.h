/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/cpio.h - the members of a cpio archive in memory.
 *
 * The "newc" formats: magic 070701, and 070702 with a checksum. Nothing in the archive is trusted. What the names mean,
 * and what to do with the members, is the caller's affair.
 *
 *	struct cpio_iter it;
 *	struct cpio_entry e;
 *	int err;
 *
 *	cpio_init(&it, buf, size);
 *	while ((err = cpio_next(&it, &e)) == 0)
 *		create(e.name, e.mode, e.data, e.filesize);
 *	if (err < 0)
 *		pr_err("cpio: %s at byte %zu\n", it.why, it.pos);
 */
#ifndef PRIMER_CPIO_H
#define PRIMER_CPIO_H

#include <primer/compiler.h>
#include <primer/types.h>

#define CPIO_NAME_MAX	4096	/* bytes with the zero: PATH_MAX */

struct cpio_entry {
	u32 ino;		/* with devmajor, devminor and archive: members that are one file have the same */
	u32 mode;
	u32 uid;
	u32 gid;
	u32 nlink;
	u32 mtime;		/* seconds since 1970 */
	u32 filesize;		/* bytes at data; of hard links, only one need carry the data */
	u32 devmajor, devminor;		/* of the file system that was archived */
	u32 rdevmajor, rdevminor;	/* of a device node */
	u32 namelen;		/* strlen(name), at least 1 */
	const char *name;	/* terminated; in the archive */
	const void *data;	/* in the archive; not terminated, not aligned beyond 4 */
	unsigned int archive;	/* 0 for the first of concatenated archives, then 1 ...: inode numbers start afresh */
};

struct cpio_iter {
	const u8 *buf;
	size_t size;
	size_t pos;		/* the next header; after an error, of the header or field that is wrong */
	unsigned int archive;
	bool inside;		/* a header has been read, and its archive's trailer has not */
	const char *why;	/* after an error: what is wrong */
};

static inline void cpio_init(struct cpio_iter *it, const void *buf, size_t size)
{
	*it = (struct cpio_iter){ .buf = buf, .size = size };
}

/*
 * cpio_next - the next member
 *
 * Returns 0, 1 at the end of the buffer, or -EINVAL with it->why and it->pos. The trailers of the archives are not
 * shown. Zero bytes between archives and behind the last are skipped. After an error with !it->inside, what stands at
 * it->pos is no archive, but perhaps something else the caller knows, such as a compressed one.
 *
 * An archive that ends without its trailer is an error, reported after its last complete member.
 */
int cpio_next(struct cpio_iter *it, struct cpio_entry *e);

/*
 * cpio_name_ok - may @name be unpacked below a root directory?
 *
 * False for names with a ".." component, and for an empty one. A leading '/' is allowed: it is the root meant.
 */
bool cpio_name_ok(const char *name);

#endif
