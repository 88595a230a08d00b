/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/user/args.c - print everything that execve puts on a new stack, and check what must hold for it. */
#define _GNU_SOURCE
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* The vector itself, behind the environment: glibc's getauxval() answers AT_HWCAP with bits of its own. */
static unsigned long auxval(unsigned long type)
{
	char **end = environ;
	Elf64_auxv_t *aux;

	while (*end)
		end++;
	for (aux = (Elf64_auxv_t *)(end + 1); aux->a_type != AT_NULL; aux++)
		if (aux->a_type == type)
			return aux->a_un.a_val;
	return 0;
}

int main(int argc, char **argv)
{
	const unsigned char *bytes = (const unsigned char *)auxval(AT_RANDOM);
	const char *execfn = (const char *)auxval(AT_EXECFN);
	const char *platform = (const char *)auxval(AT_PLATFORM);
	unsigned int nonzero = 0;
	uintptr_t sp;

	printf("argc=%d\n", argc);
	for (int i = 0; i < argc; i++)
		printf("argv[%d]=%s\n", i, argv[i]);
	printf("argv ends: %s\n", argv[argc] ? "no" : "yes");
	for (char **e = environ; *e; e++)
		printf("env %s\n", *e);
	printf("AT_EXECFN=%s\n", execfn ? execfn : "missing");
	printf("AT_PLATFORM=%s\n", platform ? platform : "missing");
	printf("AT_PAGESZ=%lu AT_CLKTCK=%lu AT_PHENT=%lu AT_SECURE=%lu\n", auxval(AT_PAGESZ), auxval(AT_CLKTCK),
	       auxval(AT_PHENT), auxval(AT_SECURE));
	printf("ids %lu %lu %lu %lu\n", auxval(AT_UID), auxval(AT_EUID), auxval(AT_GID), auxval(AT_EGID));
	for (int i = 0; bytes && i < 16; i++)
		nonzero += bytes[i] != 0;
	printf("AT_RANDOM: %s\n", nonzero > 4 ? "random" : "not random");
	printf("AT_PHDR: %s\n", auxval(AT_PHDR) && auxval(AT_PHNUM) ? "there" : "missing");
	printf("AT_ENTRY: %s\n", auxval(AT_ENTRY) ? "there" : "missing");
	printf("AT_HWCAP: %s\n", auxval(AT_HWCAP) & 1 ? "with FPU" : "wrong");
	/* At _start the stack pointer is &argc, a multiple of 16: argv stands 8 behind it. */
	sp = (uintptr_t)argv - 8;
	printf("stack at entry: %s\n", sp % 16 == 0 ? "aligned" : "not aligned");
	return 0;
}
