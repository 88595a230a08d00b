/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs/namei.c - from a path to a place: the walk.
 *
 * The problem. "/usr/../bin/./sh" passes directories that must be searchable, mounts that must be crossed in both
 * directions, and symlinks whose text takes the place of their name and may itself contain all of these; and
 * meanwhile other tasks rename, remove and mount.
 *
 * The idea. A cursor (struct nameidata) stands on a directory, with references to it, and eats the path from the
 * left. For each component it finds the dentry below the directory (lookup_fast: in the cache; lookup_slow: ask the
 * filesystem, under the directory's i_rwsem) and steps onto it: through what is mounted there, and if it is a
 * symlink, not onto it but into its text.
 *
 *	link_path_walk("a/L/c")		L -> "x/y"
 *
 *	 nd->path	text left	stack
 *	 (start)	a/L/c
 *	 a		L/c
 *	 a		x/y		[ L, then "c" ]		the rest waits on the stack
 *	 a/x		y		[ L, then "c" ]
 *	 a/x/y		c				popped: last of the text, middle of the path
 *
 * The last component of the whole path is left in nd->last: whether it must exist, may be made, or is a symlink to
 * follow depends on the call. path_lookupat() serves those that want what exists; open and the calls that make or
 * remove names have their own ends (namei_open.c, namei_change.c).
 *
 * Invariants.
 *   W1  nd->path has references to its mount and dentry; nd->inode is the dentry's inode and not NULL.
 *   W2  nd->stack[0 .. depth-1] hold references to symlinks whose text is being walked; text is used only while its
 *       link is there.
 *   W3  At most MAXSYMLINKS symlinks are followed in one walk, so every walk ends.
 *   W4  ".." never leads above nd->root.
 *
 * Errors, as Linux: a component that is missing -ENOENT; something after a component that is no directory -ENOTDIR; a
 * directory that may not be searched -EACCES; more than NAME_MAX bytes in one component -ENAMETOOLONG (by the
 * filesystem's lookup), PATH_MAX in all; W3 -ELOOP. A trailing slash asks for a directory.
 *
 * Locking. None is held between steps. A rename of a directory under the cursor moves the cursor with it; that is
 * also what Linux does.
 *
 * Linux (fs/namei.c) first walks without any reference under RCU and sequence counts (rcu-walk), and falls back to
 * this walk where something changed or must sleep. It also has automounts and the scoped walks of openat2.
 */
#include <primer/cred.h>
#include <primer/dcache.h>
#include <primer/file.h>
#include <primer/fs.h>
#include <primer/fs_struct.h>
#include <primer/hash.h>
#include <primer/init.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <asm/uaccess.h>

#include "internal.h"
#include "mount.h"

static struct kmem_cache *names_cache __ro_after_init;

/* ---- names from user memory -------------------------------------------------------------------------------------- */

#define EMBEDDED_NAME_MAX	(PATH_MAX - sizeof(struct filename))

/*
 * A path that does not fit next to its struct filename gets a whole object for its text, and the struct an allocation
 * of its own.
 */
static struct filename *getname_long(struct filename *embedded, const char __user *filename)
{
	char *text = (char *)embedded;
	struct filename *name = kmalloc(sizeof(*name), GFP_KERNEL);
	long len;

	if (!name) {
		kmem_cache_free(names_cache, text);
		return ERR_PTR(-ENOMEM);
	}
	len = strncpy_from_user(text, filename, PATH_MAX);
	if (len == PATH_MAX)
		len = -ENAMETOOLONG;
	if (len < 0) {
		kfree(name);
		kmem_cache_free(names_cache, text);
		return ERR_PTR(len);
	}
	name->name = text;
	name->refcnt = 1;
	return name;
}

struct filename *getname_flags(const char __user *filename, int flags)
{
	struct filename *name = kmem_cache_alloc(names_cache, GFP_KERNEL);
	long len;

	if (unlikely(!name))
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(name->iname, filename, EMBEDDED_NAME_MAX);
	if (unlikely(len == EMBEDDED_NAME_MAX))
		return getname_long(name, filename);
	if (unlikely(len < 0 || (!len && !(flags & LOOKUP_EMPTY)))) {
		kmem_cache_free(names_cache, name);
		return ERR_PTR(len < 0 ? len : -ENOENT);
	}
	name->name = name->iname;
	name->refcnt = 1;
	return name;
}

struct filename *getname(const char __user *filename)
{
	return getname_flags(filename, 0);
}

struct filename *getname_kernel(const char *filename)
{
	size_t len = strlen(filename) + 1;
	struct filename *name;
	char *text;

	if (len > PATH_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	name = kmem_cache_alloc(names_cache, GFP_KERNEL);
	if (!name)
		return ERR_PTR(-ENOMEM);
	text = name->iname;
	if (len > EMBEDDED_NAME_MAX) {
		text = (char *)name;
		name = kmalloc(sizeof(*name), GFP_KERNEL);
		if (!name) {
			kmem_cache_free(names_cache, text);
			return ERR_PTR(-ENOMEM);
		}
	}
	memcpy(text, filename, len);
	name->name = text;
	name->refcnt = 1;
	return name;
}

void putname(struct filename *name)
{
	if (IS_ERR_OR_NULL(name))
		return;
	if (unlikely(name->name != name->iname)) {
		kmem_cache_free(names_cache, (void *)name->name);
		kfree(name);
	} else {
		kmem_cache_free(names_cache, name);
	}
}

/* ---- references to places ---------------------------------------------------------------------------------------- */

void path_get(const struct path *path)
{
	mntget(path->mnt);
	dget(path->dentry);
}

void path_put(const struct path *path)
{
	dput(path->dentry);
	mntput(path->mnt);
}

void set_nameidata(struct nameidata *nd, int dfd, struct filename *name, const struct path *root)
{
	nd->path.mnt = NULL;
	nd->path.dentry = NULL;
	nd->root.mnt = NULL;
	nd->flags = 0;
	if (root) {
		nd->root = *root;
		nd->flags = ND_ROOT_PRESET;
	}
	nd->depth = 0;
	nd->total_link_count = 0;
	nd->stack = nd->internal;
	nd->name = name;
	nd->dfd = dfd;
}

/* put_link - the text of the newest symlink on the stack is no longer needed (W2). */
void put_link(struct nameidata *nd)
{
	struct link_level *last = &nd->stack[--nd->depth];

	do_delayed_call(&last->done);
	path_put(&last->link);
}

void terminate_walk(struct nameidata *nd)
{
	while (nd->depth)
		put_link(nd);
	if (nd->stack != nd->internal) {
		kfree(nd->stack);
		nd->stack = nd->internal;
	}
	if (nd->path.mnt)
		path_put(&nd->path);
	nd->path.mnt = NULL;
	nd->path.dentry = NULL;
	if (nd->flags & ND_ROOT_TAKEN) {
		path_put(&nd->root);
		nd->root.mnt = NULL;
		nd->flags &= ~ND_ROOT_TAKEN;
	}
}

static void set_root(struct nameidata *nd)
{
	if (nd->flags & (ND_ROOT_TAKEN | ND_ROOT_PRESET))
		return;
	get_fs_root(current->fs, &nd->root);
	nd->flags |= ND_ROOT_TAKEN;
}

/* To the root. That nd->root is needed as well (for "..") is seen later, in most walks never. */
static void nd_jump_root(struct nameidata *nd)
{
	if (nd->path.mnt)
		path_put(&nd->path);
	if (nd->flags & (ND_ROOT_TAKEN | ND_ROOT_PRESET)) {
		nd->path = nd->root;
		path_get(&nd->path);
	} else {
		get_fs_root(current->fs, &nd->path);
	}
	nd->inode = d_inode(nd->path.dentry);
}

/* Where the walk begins. Returns the text to walk, or ERR_PTR. */
const char *path_init(struct nameidata *nd, unsigned int flags)
{
	const char *s = nd->name->name;

	if (!*s && !(flags & LOOKUP_EMPTY) && !(nd->flags & ND_ROOT_PRESET))
		return ERR_PTR(-ENOENT);
	nd->flags |= flags;
	if (*s == '/' || nd->flags & ND_ROOT_PRESET) {
		nd_jump_root(nd);
		return s;
	}
	if (nd->dfd == AT_FDCWD) {
		get_fs_pwd(current->fs, &nd->path);
	} else {
		struct fd f = fdget_raw(nd->dfd);

		if (!f.file)
			return ERR_PTR(-EBADF);
		if (*s && !S_ISDIR(f.file->f_inode->i_mode)) {
			fdput(f);
			return ERR_PTR(-ENOTDIR);
		}
		nd->path = f.file->f_path;
		path_get(&nd->path);
		fdput(f);
	}
	nd->inode = d_inode(nd->path.dentry);
	return s;
}

/* ---- one step ---------------------------------------------------------------------------------------------------- */

/*
 * Go down through everything that is mounted on @path. Its dentry's and mount's references are exchanged; @owned: mnt
 * has one.
 */
static void traverse_mounts(struct path *path, bool *owned)
{
	while (unlikely(d_mountpoint(path->dentry))) {
		struct vfsmount *mounted = lookup_mnt(path);

		if (!mounted)
			break;
		dput(path->dentry);
		if (*owned)
			mntput(path->mnt);
		path->mnt = mounted;
		path->dentry = dget(mounted->mnt_root);
		*owned = true;
	}
}

void follow_down(struct path *path)
{
	bool owned = true;

	traverse_mounts(path, &owned);
}

bool follow_up(struct path *path)
{
	struct path up;

	if (!choose_mountpoint(path, NULL, &up))
		return false;
	path_put(path);
	*path = up;
	return true;
}

/* The cached dentry for nd->last, NULL when it is not in the cache, or ERR_PTR. */
struct dentry *lookup_fast(struct nameidata *nd)
{
	struct dentry *dentry = d_lookup(nd->path.dentry, &nd->last);
	int ok;

	if (!dentry || likely(!(dentry->d_flags & DCACHE_OP_REVALIDATE)))
		return dentry;
	ok = dentry->d_op->d_revalidate(dentry, nd->flags);
	if (likely(ok > 0))
		return dentry;
	if (!ok)
		d_drop(dentry);
	dput(dentry);
	return ERR_PTR(ok);	/* 0 is NULL: not in the cache */
}

/*
 * Ask the cache, then the filesystem, for @name in the directory @base, whose i_rwsem is held. Positive, negative, or
 * ERR_PTR.
 */
struct dentry *__lookup_hash(const struct qstr *name, struct dentry *base, unsigned int flags)
{
	struct inode *dir = d_inode(base);
	struct dentry *dentry, *better;

	lockdep_assert_held(&dir->i_rwsem);
	dentry = d_lookup(base, name);
	if (dentry) {
		int ok = 1;

		if (dentry->d_flags & DCACHE_OP_REVALIDATE)
			ok = dentry->d_op->d_revalidate(dentry, flags);
		if (likely(ok > 0))
			return dentry;
		if (!ok)
			d_drop(dentry);
		dput(dentry);
		if (ok)
			return ERR_PTR(ok);
	}
	if (unlikely(IS_DEADDIR(dir)))
		return ERR_PTR(-ENOENT);
	if (unlikely(!dir->i_op->lookup))
		return ERR_PTR(-ENOTDIR);
	dentry = d_alloc(base, name);
	if (unlikely(!dentry))
		return ERR_PTR(-ENOMEM);
	better = dir->i_op->lookup(dir, dentry, flags);
	if (unlikely(better)) {
		dput(dentry);
		dentry = better;
	}
	return dentry;
}

struct dentry *lookup_slow(const struct qstr *name, struct dentry *dir, unsigned int flags)
{
	struct inode *inode = d_inode(dir);
	struct dentry *dentry;

	inode_lock(inode);
	dentry = __lookup_hash(name, dir, flags);
	inode_unlock(inode);
	return dentry;
}

static int grow_stack(struct nameidata *nd)
{
	struct link_level *p;

	if (likely(nd->depth < EMBEDDED_LEVELS) || nd->stack != nd->internal)
		return 0;
	p = kmalloc_array(MAXSYMLINKS, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	memcpy(p, nd->internal, sizeof(nd->internal));
	nd->stack = p;
	return 0;
}

/*
 * Step into the text of the symlink @link, which we own. Returns the text, NULL when there is nothing left to walk,
 * or ERR_PTR.
 */
static noinline const char *pick_link(struct nameidata *nd, const struct path *link, struct inode *inode)
{
	struct link_level *last;
	const char *text;
	int err = 0;

	if (nd->total_link_count++ >= MAXSYMLINKS || link->mnt->mnt_flags & MNT_NOSYMFOLLOW)
		err = -ELOOP;		/* W3 */
	if (!err)
		err = grow_stack(nd);
	if (err) {
		path_put(link);
		return ERR_PTR(err);
	}
	last = &nd->stack[nd->depth++];
	last->link = *link;
	last->done.fn = NULL;
	touch_atime(&last->link);
	if (unlikely(inode->i_op->jump_link)) {
		struct path place;

		err = inode->i_op->jump_link(link->dentry, inode, &place);
		if (err)
			return ERR_PTR(err);
		path_put(&nd->path);
		nd->path = place;
		nd->inode = d_inode(place.dentry);
		put_link(nd);
		return NULL;
	}
	text = inode->i_link;
	if (!text)
		text = inode->i_op->get_link(link->dentry, inode, &last->done);
	if (IS_ERR(text))
		return text;
	if (*text == '/') {
		nd_jump_root(nd);
		while (*++text == '/')
			;
	}
	if (*text)
		return text;
	put_link(nd);
	return NULL;
}

/*
 * From nd->path to @dentry (whose reference is ours), found below it: through mounts, into symlinks. Returns the text
 * of a symlink to walk, NULL, or ERR_PTR.
 */
const char *step_into(struct nameidata *nd, unsigned int flags, struct dentry *dentry)
{
	struct path path = { nd->path.mnt, dentry };
	struct inode *inode;
	bool owned = false;

	traverse_mounts(&path, &owned);
	inode = d_inode(path.dentry);
	if (unlikely(!inode)) {
		path_put(&(struct path){ owned ? path.mnt : NULL, path.dentry });
		return ERR_PTR(-ENOENT);
	}
	if (unlikely(S_ISLNK(inode->i_mode)) && (!(flags & WALK_TRAILING) || nd->flags & LOOKUP_FOLLOW)) {
		if (!owned)
			mntget(path.mnt);
		return pick_link(nd, &path, inode);
	}
	dput(nd->path.dentry);
	if (unlikely(owned))
		mntput(nd->path.mnt);
	nd->path = path;
	nd->inode = inode;
	return NULL;
}

/* The parent of nd->path, W4; if the parent is a place where something is mounted, the root of that. */
static void follow_dotdot(struct nameidata *nd)
{
	struct path path;
	bool owned = false;

	if (path_equal(&nd->path, &nd->root))
		return;
	if (unlikely(nd->path.dentry == nd->path.mnt->mnt_root)) {
		struct path up;

		if (!choose_mountpoint(&nd->path, &nd->root, &up))
			return;			/* the top: ".." of "/" is "/" */
		path_put(&nd->path);
		nd->path = up;
	}
	path.mnt = nd->path.mnt;
	path.dentry = dget_parent(nd->path.dentry);
	traverse_mounts(&path, &owned);
	dput(nd->path.dentry);
	if (owned)
		mntput(nd->path.mnt);
	nd->path = path;
	nd->inode = d_inode(nd->path.dentry);
}

const char *handle_dots(struct nameidata *nd, int type)
{
	if (type == LAST_DOTDOT) {
		set_root(nd);
		follow_dotdot(nd);
	}
	return NULL;
}

/* Step onto nd->last. WALK_MORE: the text that nd->last stands in goes on; otherwise its link, if any, is done with. */
static const char *walk_component(struct nameidata *nd, unsigned int flags)
{
	struct dentry *dentry;

	if (unlikely(nd->last_type != LAST_NORM)) {
		if (!(flags & WALK_MORE) && nd->depth)
			put_link(nd);
		return handle_dots(nd, nd->last_type);
	}
	dentry = lookup_fast(nd);
	if (unlikely(!dentry))
		dentry = lookup_slow(&nd->last, nd->path.dentry, nd->flags);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	if (!(flags & WALK_MORE) && nd->depth)
		put_link(nd);
	return step_into(nd, flags, dentry);
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

/* Walk all of @name but its last component, which is left in nd->last. 0 or -errno. */
int link_path_walk(const char *name, struct nameidata *nd)
{
	unsigned int depth = 0;		/* texts that wait on the stack for this call */
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	nd->last_type = LAST_ROOT;
	while (*name == '/')
		name++;
	if (!*name)
		return 0;
	for (;;) {
		const char *link;

		err = inode_permission(nd->inode, MAY_EXEC);
		if (unlikely(err))
			return err;
		nd->last.hash_len = hash_name(nd->path.dentry, name);
		nd->last.name = name;
		nd->last_type = LAST_NORM;
		if (unlikely(name[0] == '.')) {
			if (nd->last.len == 1)
				nd->last_type = LAST_DOT;
			else if (nd->last.len == 2 && name[1] == '.')
				nd->last_type = LAST_DOTDOT;
		}
		name += nd->last.len;
		if (*name) {
			do
				name++;
			while (unlikely(*name == '/'));
		}
		if (*name) {
			link = walk_component(nd, WALK_MORE);
		} else {
			if (!depth)
				return 0;		/* the last component of all */
			name = nd->stack[--depth].name;
			link = walk_component(nd, 0);
		}
		if (unlikely(link)) {
			if (IS_ERR(link))
				return PTR_ERR(link);
			nd->stack[depth++].name = name;
			name = link;
			continue;
		}
		if (unlikely(!S_ISDIR(nd->inode->i_mode)))
			return -ENOTDIR;
	}
}

/* Step onto the last component. Returns the text of a symlink to go on with. */
static const char *lookup_last(struct nameidata *nd)
{
	if (nd->last_type == LAST_NORM && nd->last.name[nd->last.len])
		nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	return walk_component(nd, WALK_TRAILING);
}

int path_lookupat(struct nameidata *nd, unsigned int flags, struct path *path)
{
	const char *s = path_init(nd, flags);
	int err;

	if (unlikely(flags & LOOKUP_DOWN) && !IS_ERR(s))
		follow_down(&nd->path);
	while (!(err = link_path_walk(s, nd)) && (s = lookup_last(nd)) != NULL)
		;
	if (!err && nd->flags & LOOKUP_DIRECTORY && !S_ISDIR(nd->inode->i_mode))
		err = -ENOTDIR;
	if (!err) {
		*path = nd->path;
		nd->path.mnt = NULL;
		nd->path.dentry = NULL;
	}
	terminate_walk(nd);
	return err;
}

int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path, struct path *root)
{
	struct nameidata nd;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	set_nameidata(&nd, dfd, name, root);
	err = path_lookupat(&nd, flags, path);
	putname(name);
	return err;
}

/* Consumes @name on failure only: nd->last, in *@last, points into it. */
int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent, struct qstr *last,
		      int *type)
{
	struct nameidata nd;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	set_nameidata(&nd, dfd, name, NULL);
	err = link_path_walk(path_init(&nd, flags | LOOKUP_PARENT), &nd);
	if (!err) {
		*parent = nd.path;
		*last = nd.last;
		*type = nd.last_type;
		nd.path.mnt = NULL;
		nd.path.dentry = NULL;
	}
	terminate_walk(&nd);
	if (err)
		putname(name);
	return err;
}

int user_path_at_empty(int dfd, const char __user *name, unsigned int flags, struct path *path)
{
	return filename_lookup(dfd, getname_flags(name, flags), flags, path, NULL);
}

int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path)
{
	return user_path_at_empty(dfd, name, flags, path);
}

int kern_path(const char *name, unsigned int flags, struct path *path)
{
	return filename_lookup(AT_FDCWD, getname_kernel(name), flags, path, NULL);
}

int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name, unsigned int flags,
		    struct path *path)
{
	struct path root = { mnt, dentry };

	return filename_lookup(AT_FDCWD, getname_kernel(name), flags, path, &root);
}

struct dentry *lookup_one_len(const char *name, struct dentry *base, int len)
{
	struct qstr this = { { { .len = len } }, .name = name };
	int err;

	if (!len || (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'))))
		return ERR_PTR(-EACCES);
	if (strnchr(name, len, '/') || memchr(name, 0, len))
		return ERR_PTR(-EACCES);
	this.hash = full_name_hash(base, name, len);
	err = inode_permission(d_inode(base), MAY_EXEC);
	if (err)
		return ERR_PTR(err);
	return __lookup_hash(&this, base, 0);
}

void __init names_init(void)
{
	names_cache = kmem_cache_create("names_cache", PATH_MAX, 0, SLAB_PANIC | SLAB_HWCACHE_ALIGN, NULL);
}
