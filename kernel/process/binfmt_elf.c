/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/process/binfmt_elf.c - load an ELF program: check its headers, map its segments, find its interpreter.
 *
 * The problem. A file claims where in memory its parts want to be. The claims come from anybody and may overlap, wrap
 * around, lie in the kernel's half or behind the end of the file; and after the point of no return there is nobody left
 * who could be told.
 *
 * The idea. Two passes over the program headers. check_segments() believes nothing and changes nothing: what passes it
 * can be mapped, short of memory. Only then the old program is thrown away, and load_segments() maps. The same two
 * functions serve the program and the interpreter (ld.so) that it may name.
 *
 *	file                            memory, at bias + p_vaddr
 *	+---------------+ p_offset      +---------------+ p_vaddr, rounded down to a page
 *	| segment       | ------------> | file's pages, | private: read-only ones are the page cache's own,
 *	|               |   (mapped)    | mapped        | writable ones are copied at the first store
 *	+---------------+ p_filesz      +-- - - - - - --+ p_filesz: the rest of this page is cleared by hand
 *	                                | zero pages    | anonymous: .bss
 *	                                +---------------+ p_memsz, rounded up
 *
 * The bias is 0 for ET_EXEC, which names its addresses. A position-independent program (ET_DYN) goes to two thirds of
 * the address space, plus a random offset: far from the stack above and mmap's area, with room for the heap behind it.
 * The interpreter goes where mmap would put it.
 *
 * What is refused before the point of no return, beside what Linux refuses there: segments that Linux would find out of
 * range only when it maps them (-EINVAL), that lie behind the end of the file, or overlap or are not in ascending order
 * (-ENOEXEC), and an entry point outside of all segments (-EINVAL). For Linux these are fatal signals to the new
 * program.
 *
 * References: System V ABI, chapters 4 and 5; its AMD64 supplement, 3.4. Linux: fs/binfmt_elf.c.
 */
#include <primer/binfmts.h>
#include <primer/cred.h>
#include <primer/err.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/mm.h>
#include <primer/random.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/slab.h>
#include <primer/string.h>
#include <primer/vm.h>
#include <asm/uaccess.h>
#include <uapi/elf.h>
#include <uapi/fcntl.h>
#include <uapi/mman.h>
#include <uapi/personality.h>

#include "elf.h"

#define ELF_MAX_PHDRS_SIZE	65536UL		/* bytes of program headers */
#define BRK_RND_PAGES		(32 * SZ_1M >> PAGE_SHIFT)
#define ELF_ET_DYN_BASE		PAGE_ALIGN(TASK_SIZE / 3 * 2)

static bool randomize(void)
{
	return randomize_va_space && !(current->personality & ADDR_NO_RANDOMIZE);
}

/* ---- pass one: believe nothing ---- */

static int check_header(const Elf64_Ehdr *eh, struct file *file)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	if ((eh->e_type != ET_EXEC && eh->e_type != ET_DYN) || eh->e_machine != EM_X86_64)
		return -ENOEXEC;
	if (eh->e_phentsize != sizeof(Elf64_Phdr) || !eh->e_phnum ||
	    eh->e_phnum * sizeof(Elf64_Phdr) > ELF_MAX_PHDRS_SIZE)
		return -ENOEXEC;
	if (!file->f_op->mmap)
		return -ENOEXEC;
	return 0;
}

/* The program headers of @file, to be kfree()d; or ERR_PTR. */
static Elf64_Phdr *read_phdrs(const Elf64_Ehdr *eh, struct file *file)
{
	size_t size = eh->e_phnum * sizeof(Elf64_Phdr);
	Elf64_Phdr *ph;
	int err;

	if (eh->e_phoff > (u64)S64_MAX - size)
		return ERR_PTR(-ENOEXEC);
	ph = kmalloc(size, GFP_KERNEL);
	if (!ph)
		return ERR_PTR(-ENOMEM);
	err = kernel_read_exact(file, ph, size, eh->e_phoff);
	if (err) {
		kfree(ph);
		return ERR_PTR(err == -EIO ? -ENOEXEC : err);
	}
	return ph;
}

/*
 * Fill @img with what loading needs, or say why it cannot be loaded. @limit: no byte may lie at or above.
 */
static int check_segments(struct elf_image *img, unsigned long limit)
{
	loff_t size = i_size_read(file_inode(img->file));
	unsigned long prev_end = 0, align = PAGE_SIZE;
	bool any = false;
	int i;

	for (i = 0; i < img->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &img->ph[i];
		unsigned long end;

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_filesz > ph->p_memsz || ph->p_memsz > limit || ph->p_vaddr > limit - ph->p_memsz)
			return -EINVAL;
		if (offset_in_page(ph->p_vaddr - ph->p_offset))
			return -EINVAL;
		if (ph->p_filesz && (ph->p_offset > (u64)size || ph->p_filesz > (u64)size - ph->p_offset))
			return -ENOEXEC;
		end = ph->p_vaddr + ph->p_memsz;
		if (any && ph->p_vaddr < prev_end)
			return -ENOEXEC;
		if (!any)
			img->low = ph->p_vaddr & PAGE_MASK;
		if (ph->p_align > align && !(ph->p_align & (ph->p_align - 1)) && ph->p_align <= SZ_1G)
			align = ph->p_align;
		if (img->eh.e_phoff >= ph->p_offset && img->eh.e_phoff < ph->p_offset + ph->p_filesz)
			img->phdr_vaddr = ph->p_vaddr + (img->eh.e_phoff - ph->p_offset);
		if (img->eh.e_entry >= ph->p_vaddr && img->eh.e_entry < end)
			img->entry_inside = true;
		prev_end = end;
		any = true;
	}
	if (!any)
		return -ENOEXEC;
	img->high = PAGE_ALIGN(prev_end);
	img->align = align;
	return 0;
}

/* Read and check one ELF file. @limit as above. On success @img holds its headers. */
static int read_image(struct elf_image *img, struct file *file, const void *start, unsigned long limit)
{
	int err;

	memcpy(&img->eh, start, sizeof(img->eh));
	img->file = file;
	err = check_header(&img->eh, file);
	if (err)
		return err;
	img->ph = read_phdrs(&img->eh, file);
	if (IS_ERR(img->ph)) {
		err = PTR_ERR(img->ph);
		img->ph = NULL;
		return err;
	}
	return check_segments(img, limit);
}

/* ---- pass two: map ---- */

static unsigned long segment_prot(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

/* @mapped: what earlier segments have mapped ends here. */
static int load_segment(const struct elf_image *img, const Elf64_Phdr *ph, unsigned long mapped)
{
	unsigned long start = img->bias + ph->p_vaddr, zero = start + ph->p_filesz, end = start + ph->p_memsz;
	unsigned long prot = segment_prot(ph), map = start & PAGE_MASK, addr;

	if (ph->p_filesz) {
		addr = vm_mmap(img->file, map, zero - map, prot, MAP_PRIVATE | MAP_FIXED,
			       ph->p_offset - offset_in_page(start));
		if (IS_ERR_VALUE(addr))
			return addr;
		/* The last page shows what follows in the file. Where that would be seen as .bss it must be zero. */
		if (end > zero && (prot & PROT_WRITE) && offset_in_page(zero) &&
		    clear_user((void *)zero, PAGE_SIZE - offset_in_page(zero)))
			return -EFAULT;
		zero = PAGE_ALIGN(zero);
	} else if (map < mapped) {
		/* All zeroes, and it begins on the last page of the segment before. */
		if (clear_user((void *)zero, mapped - zero < end - zero ? mapped - zero : end - zero) &&
		    (prot & PROT_WRITE))
			return -EFAULT;
		zero = mapped;
	} else {
		zero = map;
	}
	if (end <= zero)
		return 0;
	return vm_brk_flags(zero, end - zero, prot & PROT_EXEC ? VM_EXEC : 0);
}

static int load_segments(struct elf_image *img)
{
	struct mm_struct *mm = current->mm;
	unsigned long mapped = 0;
	int i, err;

	for (i = 0; i < img->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &img->ph[i];
		unsigned long start = img->bias + ph->p_vaddr;

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		err = load_segment(img, ph, mapped);
		if (err)
			return err;
		mapped = PAGE_ALIGN(start + ph->p_memsz);
		if (!img->is_program)
			continue;
		/* For /proc/PID/stat, and brk(2)'s share of RLIMIT_DATA. */
		if ((ph->p_flags & PF_X) && (!mm->start_code || start < mm->start_code))
			mm->start_code = start;
		if ((ph->p_flags & PF_X) && start + ph->p_filesz > mm->end_code)
			mm->end_code = start + ph->p_filesz;
		if (start > mm->start_data)
			mm->start_data = start;
		if (start + ph->p_filesz > mm->end_data)
			mm->end_data = start + ph->p_filesz;
	}
	return 0;
}

/* ---- the interpreter ---- */

/* The name in PT_INTERP, to be kfree()d; NULL: none. */
static char *interpreter_name(const struct elf_image *img)
{
	int i, err;

	for (i = 0; i < img->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &img->ph[i];
		char *name;

		if (ph->p_type != PT_INTERP)
			continue;
		if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
			return ERR_PTR(-ENOEXEC);
		name = kmalloc(ph->p_filesz, GFP_KERNEL);
		if (!name)
			return ERR_PTR(-ENOMEM);
		err = kernel_read_exact(img->file, name, ph->p_filesz, ph->p_offset);
		if (!err && name[ph->p_filesz - 1])
			err = -ENOEXEC;
		if (!err)
			return name;
		kfree(name);
		return ERR_PTR(err);
	}
	return NULL;
}

/* Open and check the interpreter that @img names. 0 with interp->file NULL: it names none. */
static int open_interpreter(const struct elf_image *img, struct elf_image *interp)
{
	Elf64_Ehdr eh;
	char *name = interpreter_name(img);
	struct file *file;
	int err;

	if (IS_ERR_OR_NULL(name))
		return PTR_ERR_OR_ZERO(name);
	file = open_exec(name);
	kfree(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = kernel_read_exact(file, &eh, sizeof(eh), 0);
	if (!err)
		err = read_image(interp, file, &eh, TASK_SIZE);
	interp->file = file;
	if (!err && (interp->eh.e_type != ET_DYN || !interp->entry_inside))
		err = -EINVAL;
	return err == -ENOEXEC ? -ELIBBAD : err;
}

static int executable_stack(const struct elf_image *img)
{
	int i;

	for (i = 0; i < img->eh.e_phnum; i++)
		if (img->ph[i].p_type == PT_GNU_STACK)
			return img->ph[i].p_flags & PF_X ? EXSTACK_ENABLE_X : EXSTACK_DISABLE_X;
	return EXSTACK_DEFAULT;
}

/* ---- where things go ---- */

/* A position-independent program's place, below @limit with room to spare. */
static unsigned long program_bias(const struct elf_image *img)
{
	unsigned long base = ELF_ET_DYN_BASE;

	if (img->eh.e_type == ET_EXEC)
		return 0;
	if (randomize())
		base += (get_random_long() & ((1UL << MMAP_RND_BITS) - 1)) << PAGE_SHIFT;
	return (base & ~(img->align - 1)) - (img->low & ~(img->align - 1));
}

static unsigned long interpreter_bias(const struct elf_image *img)
{
	struct mm_struct *mm = current->mm;
	unsigned long len = img->high - img->low, addr;

	mmap_read_lock(mm);
	addr = get_unmapped_area(0, len + img->align - PAGE_SIZE, 0);
	mmap_read_unlock(mm);
	if (IS_ERR_VALUE(addr))
		return addr;
	return ALIGN(addr, img->align) - (img->low & ~(img->align - 1));
}

static void set_brk(struct mm_struct *mm, unsigned long end)
{
	if (randomize_va_space > 1 && randomize())
		end += (unsigned long)get_random_u32_below(BRK_RND_PAGES) << PAGE_SHIFT;
	mm->start_brk = mm->brk = PAGE_ALIGN(end);
}

/* ---- the format's operation ---- */

/* Behind the point of no return. */
static int load_images(struct linux_binprm *bprm, struct elf_image *img, struct elf_image *interp)
{
	struct mm_struct *mm = current->mm;
	unsigned long rnd = 0;
	int err;

	if (randomize())
		rnd = get_random_long() & ((1UL << MMAP_RND_BITS) - 1);
	arch_pick_mmap_layout(mm, bprm->rlim_stack.rlim_cur, rnd);
	err = setup_arg_pages(bprm, executable_stack(img));
	if (err)
		return err;
	img->is_program = true;
	err = load_segments(img);
	if (err)
		return err;
	set_brk(mm, img->bias + img->high);
	if (interp->file) {
		interp->bias = interpreter_bias(interp);
		if (IS_ERR_VALUE(interp->bias))
			return interp->bias;
		err = load_segments(interp);
		if (err)
			return err;
	}
	err = create_elf_tables(bprm, img, interp);
	if (err)
		return err;
	mm->start_stack = bprm->p;
	start_thread(current_pt_regs(), interp->file ? interp->bias + interp->eh.e_entry : img->bias + img->eh.e_entry,
		     bprm->p);
	return 0;
}

static struct linux_binfmt elf_format;

static int load_elf_binary(struct linux_binprm *bprm)
{
	/* Room for the stack to grow a little and its guard gap: a program may not be mapped over its own arguments. */
	unsigned long limit = (bprm->vma->vm_start - stack_guard_gap - SZ_1M) & PAGE_MASK;
	struct elf_image *img, *interp;
	int err;

	if (memcmp(bprm->buf, ELFMAG, SELFMAG))
		return -ENOEXEC;
	img = kzalloc(2 * sizeof(*img), GFP_KERNEL);
	if (!img)
		return -ENOMEM;
	interp = img + 1;
	err = read_image(img, bprm->file, bprm->buf, limit);
	if (err)
		goto out;
	err = open_interpreter(img, interp);
	if (err)
		goto out;
	err = -EINVAL;
	if (!interp->file && !img->entry_inside)
		goto out;
	/* A position-independent one must fit wherever chance may put it. */
	if (img->eh.e_type == ET_EXEC ? img->low < mmap_min_addr && !capable(CAP_SYS_RAWIO)
				      : img->high - img->low > limit - ELF_ET_DYN_BASE - (PAGE_SIZE << MMAP_RND_BITS))
		goto out;

	err = begin_new_exec(bprm);
	if (err)
		goto out;
	img->bias = program_bias(img);		/* whoever gains rights has lost ADDR_NO_RANDOMIZE */
	set_binfmt(&elf_format);
	err = load_images(bprm, img, interp);
out:
	if (interp->file)
		exec_file_release(interp->file);
	kfree(interp->ph);
	kfree(img->ph);
	kfree(img);
	return err;
}

static struct linux_binfmt elf_format = {
	.name = "elf",
	.load_binary = load_elf_binary,
};

static int __init init_elf_binfmt(void)
{
	register_binfmt(&elf_format);
	return 0;
}
core_initcall(init_elf_binfmt);
