/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user/memscenes.c - a process that stands still for its portrait: four scenes of virtual memory.
 *
 * The problem. A drawing of page tables is only true if a real process sat for it, in a known state.
 *
 * The idea. The program brings itself into the states of the book's chapter and marks each by a system call that changes
 * nothing: getppid() with the address of the page in question in its first argument register, which getppid() does not
 * look at. A debugger stops there and reads the kernel's own records (tools/gdb/memory.py); tools/draw_memory.py draws.
 *
 *	scene 1		four pages written, a fifth only read, a sixth never touched
 *	scene 2		after fork(), in the child: the same frames, write-protected in both
 *	scene 3		the child has written to the first page
 *	scene 4		the child is gone, the parent has written too: it was the last owner, nothing was copied
 *
 * Without a debugger it prints what it sees of its own pages: the values stay apart although the frames were shared.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static void scene(volatile char *page)
{
	syscall(SYS_getppid, page);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(void)
{
	volatile char *page = mmap(NULL, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (page == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < 4; i++)
		page[i * PAGE] = 'A' + i;
	if (page[4 * PAGE] != 0)
		die("a new page is not zero");
	scene(page);

	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		scene(page);
		page[0] = 'a';
		scene(page);
		_exit(page[0] == 'a' && page[PAGE] == 'B' ? 0 : 1);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("the child saw something else than its own pages");
	if (page[0] != 'A')
		die("the child's write came through");
	page[0] = 'Z';
	scene(page);
	printf("memscenes: parent %c%c, child a%c: two processes, one page each where they differ\n", page[0], page[PAGE], page[PAGE]);
	return 0;
}
