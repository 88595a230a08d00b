/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/process/elf.h - an ELF file on its way into memory. */
#ifndef KERNEL_PROCESS_ELF_H
#define KERNEL_PROCESS_ELF_H

#include <primer/types.h>
#include <uapi/elf.h>

struct file;
struct linux_binprm;

/* [the task that executes] */
struct elf_image {
	struct file *file;
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;
	unsigned long low, high;	/* page aligned bounds of all segments, without bias */
	unsigned long align;		/* what the bias must be a multiple of */
	unsigned long phdr_vaddr;	/* where the program headers are in memory, without bias; 0: nowhere */
	unsigned long bias;		/* added to every address that the file names */
	bool entry_inside;		/* the entry point is in a segment */
	bool is_program;		/* and not the interpreter */
};

/*
 * create_elf_tables - put argc, argv, envp and the auxiliary vector below the strings; bprm->p is the new program's
 * stack pointer
 *
 * Returns 0, -EFAULT when the stack cannot hold it. Context: the new address space is current's.
 */
int create_elf_tables(struct linux_binprm *bprm, const struct elf_image *img, const struct elf_image *interp);

#endif
