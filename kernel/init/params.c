/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/init/params.c - the command line.
 *
 * Words are separated by blanks; double quotes keep blanks inside a word; '-' and '_' mean the same in a name; what follows
 * a lone "--" is not for the kernel. The kernel's own parameters are in a table that the linker gathers (primer/init.h), and are
 * run in two passes over a copy of the line:
 *
 *	parse_early_param	the early_param() entries, before memory can be allocated
 *	parse_args		the __setup() entries; a word that nobody claims goes to init: "name=value" as environment,
 *				the rest, and all behind "--", as arguments
 *
 * A handler that refuses its value has said why, or we say that it did; the boot goes on with the default. Names with a dot belong
 * to modules and are dropped.
 */
#include <primer/ctype.h>
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <asm/setup.h>
#include "init.h"

extern const struct obs_kernel_param __setup_start[], __setup_end[];

const char *argv_init[MAX_INIT_ARGS + 2] = { "init", NULL };
const char *envp_init[MAX_INIT_ENVS + 3] = { "HOME=/", "TERM=linux", NULL };

/* The words of init live here for good. */
static char static_command_line[COMMAND_LINE_SIZE];
char *saved_command_line = boot_command_line;

static bool name_char_equal(char a, char b)
{
	return (a == '-' ? '_' : a) == (b == '-' ? '_' : b);
}

/* Does @word begin with @name, of @n characters? */
static bool __init name_equal(const char *word, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!word[i] || !name_char_equal(word[i], name[i]))
			return false;
	return true;
}

/*
 * Cut the next word off *@line: ends it with a NUL and removes its quotes. *@val: behind the first '=',
 * or NULL. Returns NULL at the end of the line.
 */
static char *__init next_arg(char **line, char **val)
{
	char *word = skip_spaces(*line), *from, *to, *eq = NULL;
	bool quoted = false;

	*val = NULL;
	if (!*word)
		return NULL;
	/* Copy the word onto itself without its quotes: @to never overtakes @from. */
	for (from = to = word; *from && (quoted || !isspace(*from)); from++) {
		if (*from == '"') {
			quoted = !quoted;
			continue;
		}
		if (*from == '=' && !eq)
			eq = to;
		*to++ = *from;
	}
	*line = *from ? from + 1 : from;
	*to = '\0';
	if (eq)
		*val = eq + 1;
	return word;
}

/* The length of the name in "name" or "name=value". */
static size_t __init name_len(const char *word, const char *val)
{
	const char *eq = val ? strchr(word, '=') : NULL;

	return eq ? (size_t)(eq - word) : strlen(word);
}

void __init parse_early_param(void)
{
	static char line[COMMAND_LINE_SIZE] __initdata;
	static bool done __initdata;
	char *p = line, *word, *val;

	if (done)
		return;
	done = true;
	strscpy(line, boot_command_line, sizeof(line));
	while ((word = next_arg(&p, &val))) {
		size_t n = name_len(word, val);

		if (!strcmp(word, "--"))
			return;
		for (const struct obs_kernel_param *k = __setup_start; k < __setup_end; k++) {
			static char empty[1] __initdata;

			if (!k->early || strlen(k->str) != n || !name_equal(word, k->str, n))
				continue;
			if (k->setup_func(val ? val : empty))
				pr_warn("Malformed early option '%.*s'\n", (int)n, word);
		}
	}
}

/* Run the __setup() entry for @word; true when somebody knows it. */
static bool __init obsolete_checksetup(char *word, const char *val)
{
	bool known = false;

	for (const struct obs_kernel_param *k = __setup_start; k < __setup_end; k++) {
		size_t n = strlen(k->str);

		if (k->early) {
			if (n == name_len(word, val) && name_equal(word, k->str, n))
				known = true;	/* parse_early_param() has seen to it */
		} else if (name_equal(word, k->str, n)) {
			if (k->setup_func(word + n))
				return true;
		}
	}
	return known;
}

static void __init add_init_arg(const char *word)
{
	unsigned int i = 1;

	while (i <= MAX_INIT_ARGS && argv_init[i])
		i++;
	if (i > MAX_INIT_ARGS) {
		pr_warn("Too many arguments for init: '%s' is dropped\n", word);
		return;
	}
	argv_init[i] = word;
	argv_init[i + 1] = NULL;
}

static void __init add_init_env(const char *word, size_t name)
{
	unsigned int i;

	for (i = 0; envp_init[i]; i++)
		if (!strncmp(envp_init[i], word, name + 1))	/* with its '=': the later one wins */
			break;
	if (i > MAX_INIT_ENVS) {
		pr_warn("Too many environment variables for init: '%s' is dropped\n", word);
		return;
	}
	envp_init[i] = word;
}

void __init parse_args(void)
{
	char *p = static_command_line, *word, *val;
	bool for_init = false;

	strscpy(static_command_line, boot_command_line, sizeof(static_command_line));
	while ((word = next_arg(&p, &val))) {
		if (for_init) {
			add_init_arg(word);
		} else if (!strcmp(word, "--")) {
			for_init = true;
		} else if (!obsolete_checksetup(word, val)) {
			size_t n = name_len(word, val);

			if (memchr(word, '.', n))
				continue;
			pr_notice("Unknown kernel command line parameter \"%s\", will be passed to user space.\n", word);
			if (val)
				add_init_env(word, n);
			else
				add_init_arg(word);
		}
	}
}
