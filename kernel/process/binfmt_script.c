/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/binfmt_script.c - "#!": a text file names the program that runs it.
 *
 *	/tmp/x:  #! /bin/sh -e -u\n          execve("/tmp/x", { "x", "a" })
 *
 *	becomes  execve("/bin/sh", { "/bin/sh", "-e -u", "/tmp/x", "a" })
 *
 * All that follows the interpreter's name is one argument, blanks and all. The line must be among the first
 * BINPRM_BUF_SIZE bytes; of a longer one the argument is cut, but never the name: a program whose name merely begins
 * like it must not be run.
 *
 * The strings are already on the new stack, with argv[0] on top: it is dropped, and the new ones are pushed in reverse.
 * The interpreter may itself be a script; exec.c counts. Linux: fs/binfmt_script.c.
 */
#include <primer/binfmts.h>
#include <primer/err.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut bprm->buf into name and argument, both terminated in place; *@arg is NULL when there is none. */
static int parse_line(char *buf, const char **name, const char **arg)
{
	char *const limit = buf + BINPRM_BUF_SIZE - 1, *p = buf + 2, *end, *start;

	end = memchr(p, '\n', limit - p);
	if (!end) {
		/* Cut off, or the file's only line. The name must be seen to end. */
		for (start = p; start < limit && is_blank(*start); start++)
			;
		while (start < limit && *start && !is_blank(*start))
			start++;
		if (start >= limit)
			return -ENOEXEC;
		end = limit;
	}
	*end = '\0';
	end = p + strlen(p);
	while (end > p && is_blank(end[-1]))
		*--end = '\0';
	while (is_blank(*p))
		p++;
	if (!*p)
		return -ENOEXEC;
	*name = p;
	while (*p && !is_blank(*p))
		p++;
	while (is_blank(*p))
		*p++ = '\0';
	*arg = *p ? p : NULL;
	return 0;
}

static int load_script(struct linux_binprm *bprm)
{
	const char *name, *arg;
	struct file *file;
	int err;

	if (bprm->buf[0] != '#' || bprm->buf[1] != '!')
		return -ENOEXEC;
	/* The interpreter would be given a name that it cannot open. */
	if (bprm->path_inaccessible)
		return -ENOENT;
	err = parse_line(bprm->buf, &name, &arg);
	if (err)
		return err;

	err = remove_arg_zero(bprm);
	if (err)
		return err;
	err = copy_string_kernel(bprm->interp, bprm);
	if (err)
		return err;
	bprm->argc++;
	if (arg) {
		err = copy_string_kernel(arg, bprm);
		if (err)
			return err;
		bprm->argc++;
	}
	err = copy_string_kernel(name, bprm);
	if (err)
		return err;
	bprm->argc++;
	err = bprm_change_interp(name, bprm);
	if (err)
		return err;
	file = open_exec(bprm->interp);
	if (IS_ERR(file))
		return PTR_ERR(file);
	bprm->interpreter = file;
	return 0;
}

static struct linux_binfmt script_format = {
	.name = "script",
	.load_binary = load_script,
};

static int __init init_script_binfmt(void)
{
	register_binfmt(&script_format);
	return 0;
}
core_initcall(init_script_binfmt);
