/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/user/status.c - end as argv[1] says: a number is the exit status, otherwise the fault of that name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "0";

	printf("status: %s\n", how);
	fflush(stdout);
	if (!strcmp(how, "null"))
		*(volatile int *)0 = 1;
	if (!strcmp(how, "kernel"))
		*(volatile int *)0xffffffff80100000 = 1;
	if (!strcmp(how, "noncanonical"))
		*(volatile int *)0x8000000000000000 = 1;
	if (!strcmp(how, "privileged"))
		__asm__ volatile("hlt");
	if (!strcmp(how, "undefined"))
		__asm__ volatile("ud2");
	if (!strcmp(how, "divide"))
		__asm__ volatile("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" ::: "eax", "ecx", "edx");
	if (!strcmp(how, "port"))
		__asm__ volatile("outb %%al, $0x80" :: "a"(0));
	if (!strcmp(how, "int80"))
		__asm__ volatile("int $0x80" :: "a"(20));
	if (!strcmp(how, "jump-kernel"))
		((void (*)(void))0xffffffff80100000)();
	if (!strcmp(how, "stack"))
		__asm__ volatile("movq $0, %%rsp; pushq $1" ::: "memory");
	return atoi(how);
}
