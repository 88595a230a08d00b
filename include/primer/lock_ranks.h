/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/primer/lock_ranks.h - the one order in which locks may be taken.
 *
 * A task that holds a lock may only take locks that stand below it in this list, so no circle of waiters can close.
 * Two locks of one rank are taken together only where a further rule orders them (by address, parent before child)
 * and the inner one is taken with a _nested form. DEBUG builds check every acquisition; docs/locking.md shows the
 * list as a table. A rank is given where the lock is defined or initialised: DEFINE_SPINLOCK(name, rank),
 * mutex_init(lock, rank). LOCK_RANK_NONE, for locks of tests, has no place in the list; all other checks are made.
 *
 * [sleep]: taken by tasks that may sleep. [task]: spins, interrupts on. [irq]: spins, interrupts off, because handlers
 * take it, or a lock that it is taken inside of. docs/locking.md says more; tests compare it with what lockdep saw.
 */
#ifndef PRIMER_LOCK_RANKS_H
#define PRIMER_LOCK_RANKS_H

enum lock_rank {
	LOCK_RANK_NONE = 0,

	/* ---- locks that sleep ---- */
	/* [sleep] wq->mutex: held while items are waited for, and those take any lock below */
	LOCK_RANK_WQ_FLUSH,
	LOCK_RANK_EXEC,			/* [sleep] signal->cred_guard_mutex: credentials of a task inside execve */
	LOCK_RANK_TTY,			/* [sleep] a terminal: settings, input */
	LOCK_RANK_FILE_POS,		/* [sleep] file->f_pos_lock: the position shared by several descriptors */
	LOCK_RANK_SEQ_FILE,		/* [sleep] seq_file->lock: text that is being made for a reader */
	LOCK_RANK_NAMESPACE,		/* [sleep] namespace_sem: the mount tree */
	LOCK_RANK_SB_SINGLE,		/* [sleep] single_mutex: the maker of a filesystem's only superblock */
	LOCK_RANK_SB_UMOUNT,		/* [sleep] sb->s_umount: a filesystem against its unmounting */
	LOCK_RANK_RENAME_MUTEX,		/* [sleep] sb->s_vfs_rename_mutex: directories that move */
	/* [sleep] inode->i_rwsem: names in a directory, bytes of a file; parent before child */
	LOCK_RANK_INODE,
	LOCK_RANK_PIPE,			/* [sleep] pipe->mutex: the ring of buffers */
	LOCK_RANK_MMAP,			/* [sleep] mm->mmap_lock: the areas of an address space */
	LOCK_RANK_I_MMAP,		/* [sleep] mapping->i_mmap_rwsem: who maps a file */
	LOCK_RANK_PAGE,			/* [sleep] PG_locked, a bit: the contents of a page cache page */
	LOCK_RANK_KTHREAD,		/* [sleep] wq_pool_mutex: the list of workqueues */
	LOCK_RANK_DEVICE,		/* [sleep] a device's own mutex */
	LOCK_RANK_SRCU,			/* [sleep] srcu_struct->mutex: one grace period at a time */
	LOCK_RANK_SLEEPING_LEAF,	/* [sleep] any mutex under which no other sleeping lock is taken */
	LOCK_RANK_OOM,			/* [sleep] oom_lock: allocations under all of the above may kill a process */

	/* ---- locks that spin: files and names ---- */
	LOCK_RANK_SB_LOCK,		/* [task] sb_lock: the list of superblocks */
	LOCK_RANK_MOUNT_LOCK,		/* [task] mount_lock: the mount hash */
	LOCK_RANK_RENAME_LOCK,		/* [task] rename_lock: the seqlock that path walks check */
	/* [task] s_inode_list_lock: the inodes of a filesystem; cdev_lock: device numbers */
	LOCK_RANK_INODE_HASH,
	LOCK_RANK_INODE_LOCK,		/* [task] inode->i_lock: state and links of an inode */
	LOCK_RANK_DENTRY,		/* [task] dentry->d_lock: parent before child */
	LOCK_RANK_DCACHE_HASH,		/* [task] a bucket of the dentry hash; two by address */
	LOCK_RANK_LRU,			/* [task] lists of unused dentries and inodes */
	LOCK_RANK_FILES,		/* [task] files->file_lock: a table of descriptors */
	LOCK_RANK_PTL,			/* [task] a page table's lock; mm->page_table_lock before a last-level one */
	LOCK_RANK_I_PAGES,		/* [task] mapping->tree_lock: the tree of a file's pages */

	/* ---- tasks and signals ---- */
	LOCK_RANK_POSIX_TIMER,		/* [irq] signal->posix_timers_lock: a process's POSIX timers */
	/* [task, irq] tasklist_lock: the tree of processes, PID links; readers may have interrupts on */
	LOCK_RANK_TASKLIST,
	LOCK_RANK_SIGHAND,		/* [irq] sighand->siglock: handlers, pending sets, group state */
	LOCK_RANK_TASK,			/* [task] task->alloc_lock: mm, files, fs, comm of a task */
	LOCK_RANK_FS,			/* [task] fs->lock: root, working directory, umask */
	LOCK_RANK_PIDMAP,		/* [irq] pidmap_lock: which PID numbers are in use */
	LOCK_RANK_UIDHASH,		/* [irq] uidhash_lock: the users there are */
	LOCK_RANK_KTHREAD_CREATE,	/* [task] kthread_create_lock: the list kthreadd works on */

	/* ---- drivers, in their interrupt handlers too ---- */
	LOCK_RANK_DRIVER,		/* [task, irq] a device's registers and queues */
	LOCK_RANK_FUTEX,		/* [task] a futex hash bucket; two by address */
	LOCK_RANK_SRCU_CB,		/* [irq] srcu_struct->lock: its callbacks */
	LOCK_RANK_WORKQUEUE,		/* [irq] a worker pool */
	LOCK_RANK_WQ_MAYDAY,		/* [irq] wq_mayday_lock: which queues have called their rescuer */
	LOCK_RANK_CPU_STOP,		/* [irq] what a CPU's stop task has been asked to do */

	/* ---- what sleepers wait on ---- */
	LOCK_RANK_WAIT,			/* [irq] a wait queue head, a completion */
	LOCK_RANK_SLEEPLOCK_WAIT,	/* [task, irq] wait_lock of mutex, rwsem and the like: their wait lists */
	LOCK_RANK_PI,			/* [irq] task->pi_lock: wakeups and affinity of a task */
	LOCK_RANK_RQ,			/* [irq] rq->lock: a run queue; two by CPU number */
	LOCK_RANK_TIMER,		/* [irq] timer wheel and hrtimer bases, jiffies, clock event devices */

	/* ---- kernel memory: allocation works under all of the above but rq->lock and pi_lock ---- */
	LOCK_RANK_SLAB_LIST,		/* [task] slab_list_lock: the list of caches */
	LOCK_RANK_PCPU_ALLOC,		/* [irq] pcpu_lock: maps of dynamic per-CPU memory */
	LOCK_RANK_VMAP,			/* [task] vmap_area_lock: the tree of vmalloc areas */
	LOCK_RANK_INIT_MM,		/* [task] init_mm.page_table_lock: kernel page tables */
	LOCK_RANK_SLAB_NODE,		/* [irq] a cache's list of partial slabs */
	LOCK_RANK_KASAN,		/* [task, irq] the address sanitizer's shadow tables, stacks and quarantine */
	LOCK_RANK_ZONE,			/* [irq] zone->lock: the buddy allocator's free lists */
	LOCK_RANK_RESOURCE,		/* [task] resource_lock: the trees of ports and addresses */

	/* ---- the bottom: nothing but the log below ---- */
	LOCK_RANK_RCU_NODE,		/* [irq] a node of RCU's tree; leaf before root */
	LOCK_RANK_IRQ_DESC,		/* [irq] an interrupt line */
	LOCK_RANK_IRQ_CHIP,		/* [irq] an interrupt controller's registers */
	LOCK_RANK_CLOCKSOURCE,		/* [irq] clocksource_lock: the list of clocksources */
	LOCK_RANK_TIMEKEEPER,		/* [irq] timekeeper_lock: the clock's base and rate */
	LOCK_RANK_CMOS,			/* [irq] the index and data port of the CMOS memory */
	LOCK_RANK_SPINNING_LEAF,	/* [task, irq] any spinning lock under which no other lock is taken */
	LOCK_RANK_CONSOLE,		/* [irq] console_locked, a word: the consoles' output */
	LOCK_RANK_LOG,			/* [irq] log_owner, a word: the log ring */
	NR_LOCK_RANKS
};

#endif
