/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cpio.c - the members of a cpio "newc" archive.
 *
 * The problem. The initramfs is the first thing from outside that the kernel takes apart, and it is made by many tools
 * and by many hands. Every length in it may lie.
 *
 * The format. A member is a header of 110 bytes of text, a name, and data, each padded with zeros to a multiple of four
 * from the start of the archive. Thirteen header fields are eight hexadecimal digits each:
 *
 *	0      6     14     22    30    38     46      54        62  70   78    86    94        102
 *	magic  ino   mode   uid   gid   nlink  mtime   filesize  devmajor/minor rdevmajor/minor namesize  check
 *
 *	magic 070701; or 070702: check is the sum of the data bytes of a regular file
 *	namesize counts the terminating zero
 *
 * A member named TRAILER!!! with no data ends the archive. Archives may follow each other, with any number of zero
 * bytes between them (microcode for the CPU comes as an archive in front of the real one). cpio pads the file to a
 * block of 512.
 *
 * The rule for trusting. A length is compared with what is left of the buffer before anything is added to a position:
 * pos <= size always holds, so size - pos cannot wrap, and each length is below 2^32, so sums of a few of them in 64
 * bits cannot either. A position moves only over bytes that have been checked.
 *
 * Linux (init/initramfs.c) takes the archive in pieces as the decompressor makes them, by a state machine; here it
 * stands in memory as a whole, and the caller asks for one member after the other. Linux takes an archive that stops
 * without a trailer; here that is an error, as it is the only sign that an archive was cut at a member's end.
 */
#include <primer/cpio.h>
#include <primer/errno.h>
#include <primer/hex.h>
#include <primer/string.h>

#define HEADER_LEN	110
#define NR_FIELDS	13

/* The order in which the fields stand behind the magic. */
enum { INO, MODE, UID, GID, NLINK, MTIME, FILESIZE, DEVMAJOR, DEVMINOR, RDEVMAJOR, RDEVMINOR, NAMESIZE, CHECK };

#define FILE_TYPE_MASK		0170000
#define FILE_TYPE_REGULAR	0100000

static int bad(struct cpio_iter *it, size_t pos, const char *why)
{
	it->pos = pos;
	it->why = why;
	return -EINVAL;
}

static u32 byte_sum(const u8 *p, size_t len)
{
	u32 sum = 0;

	while (len--)
		sum += *p++;
	return sum;
}

/* Eight digits each. Returns the offset of the first field that is not, or 0. */
static size_t parse_fields(const u8 *header, u32 *fields)
{
	for (int i = 0; i < NR_FIELDS; i++) {
		const u8 *p = header + 6 + 8 * i;

		fields[i] = 0;
		for (int j = 0; j < 8; j++) {
			int digit = hex_to_bin(p[j]);

			if (digit < 0)
				return p - header;
			fields[i] = fields[i] << 4 | digit;
		}
	}
	return 0;
}

/* Bytes to add to @pos, which is at most @it->size, to make it a multiple of four, but not beyond the end. */
static size_t padding(const struct cpio_iter *it, size_t pos)
{
	size_t pad = -pos & 3;

	return pad < it->size - pos ? pad : it->size - pos;
}

static void fill_entry(struct cpio_entry *e, const u32 *f, const u8 *name, const u8 *data, unsigned int archive)
{
	*e = (struct cpio_entry){
		.ino = f[INO], .mode = f[MODE], .uid = f[UID], .gid = f[GID], .nlink = f[NLINK], .mtime = f[MTIME],
		.filesize = f[FILESIZE], .devmajor = f[DEVMAJOR], .devminor = f[DEVMINOR],
		.rdevmajor = f[RDEVMAJOR], .rdevminor = f[RDEVMINOR],
		.namelen = strlen((const char *)name), .name = (const char *)name, .data = data, .archive = archive,
	};
}

/* Reads the member at it->pos into @e and moves behind it. */
static int read_member(struct cpio_iter *it, struct cpio_entry *e)
{
	size_t start = it->pos, left = it->size - start, pos, wrong;
	const u8 *header = it->buf + start, *name, *data;
	u32 f[NR_FIELDS];
	bool checksum;

	if (left < 6 || memcmp(header, "07070", 5) != 0 || (header[5] != '1' && header[5] != '2')) {
		if (left >= 6 && memcmp(header, "070707", 6) == 0)
			return bad(it, start, "old portable format (070707), newc (070701) is needed");
		return bad(it, start, "no cpio magic (070701 or 070702)");
	}
	checksum = header[5] == '2';
	if (start & 3)
		return bad(it, start, "header not at a multiple of 4");
	if (left < HEADER_LEN)
		return bad(it, start, "archive ends inside a header");
	wrong = parse_fields(header, f);
	if (wrong)
		return bad(it, start + wrong, "header field is not hexadecimal");
	it->inside = true;

	pos = start + HEADER_LEN;
	name = it->buf + pos;
	if (f[NAMESIZE] == 0)
		return bad(it, start, "member without a name");
	if (f[NAMESIZE] > CPIO_NAME_MAX)
		return bad(it, start, "name longer than 4096 bytes");
	if (f[NAMESIZE] > it->size - pos)
		return bad(it, start, "archive ends inside a name");
	if (name[f[NAMESIZE] - 1] != '\0')
		return bad(it, pos, "name without a terminating zero");
	/* Some tools align the data by a longer name field; the rest of it must be zeros, or there is a second name. */
	wrong = strlen((const char *)name);
	if (memchr_inv(name + wrong, 0, f[NAMESIZE] - wrong))
		return bad(it, pos, "name with a zero inside");
	pos += f[NAMESIZE];
	pos += padding(it, pos);

	data = it->buf + pos;
	if (f[FILESIZE] > it->size - pos)
		return bad(it, start, "archive ends inside a member's data");
	if (checksum && (f[MODE] & FILE_TYPE_MASK) == FILE_TYPE_REGULAR && f[FILESIZE] &&
	    byte_sum(data, f[FILESIZE]) != f[CHECK])
		return bad(it, start, "checksum is wrong");
	pos += f[FILESIZE];
	pos += padding(it, pos);

	it->pos = pos;
	fill_entry(e, f, name, data, it->archive);
	return 0;
}

int cpio_next(struct cpio_iter *it, struct cpio_entry *e)
{
	for (;;) {
		const u8 *next;
		int err;

		if (!it->inside) {
			next = memchr_inv(it->buf + it->pos, 0, it->size - it->pos);
			if (!next) {
				it->pos = it->size;
				return 1;
			}
			it->pos = next - it->buf;
		} else if (it->pos == it->size) {
			return bad(it, it->pos, "archive ends without a trailer");
		}

		err = read_member(it, e);
		if (err)
			return err;
		if (strcmp(e->name, "TRAILER!!!") != 0)
			return 0;
		it->inside = false;
		it->archive++;
	}
}

bool cpio_name_ok(const char *name)
{
	if (!*name)
		return false;
	while (*name) {
		size_t len = strcspn(name, "/");

		if (len == 2 && name[0] == '.' && name[1] == '.')
			return false;
		name += len;
		if (*name)
			name++;
	}
	return true;
}
