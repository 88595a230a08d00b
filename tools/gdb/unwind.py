# SPDX-License-Identifier: GPL-2.0-only
"""unwind.py - lets gdb's backtrace pass through entry code.

NASM writes no call frame information, so gdb knows neither where kernel/entry/entry_64.asm keeps the interrupted
registers nor that they are those of the frame above. The entry code leaves a mark for stack walkers: rbp = address of
struct pt_regs | 1, which no frame pointer can be. In a frame of entry code with the mark in rbp, all registers of the
next frame can be read:

	exc_page_fault()		C, with call frame information: gives back rbp as entry code had it
	asm_exc_page_fault+0x..		here: pt_regs at rbp - 1
	whoever faulted			its registers are in pt_regs

Below user code there is nothing that gdb could know; its frame is the last but one, with program counter 0 above it.
"""
import gdb
from gdb.unwinder import Unwinder

TASK_SIZE = 0x7ffffffff000
# struct pt_regs, by gdb's names
ORDER = ['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi', None,
         'rip', 'cs', 'eflags', 'rsp', 'ss']


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class EntryUnwinder(Unwinder):
    """Frames of entry code and of user mode."""

    def __init__(self):
        super().__init__('primer-entry')
        self.bounds = None

    def entry_text(self):
        """[start, end) of the entry code; asked for once, when the symbols are there."""
        if self.bounds is None:
            self.bounds = [int(gdb.parse_and_eval(f'(unsigned long)&__entry_text_{edge}')) for edge in ('start', 'end')]
        return self.bounds

    def __call__(self, pending):
        long = gdb.lookup_type('unsigned long')
        pc, sp, rbp = (int(pending.read_register(name).cast(long)) for name in ('rip', 'rsp', 'rbp'))
        if 0 < pc < TASK_SIZE and int(pending.read_register('cs').cast(long)) & 3:
            return self.last(pending, pc)
        start, end = self.entry_text()
        if not start <= pc < end or not rbp & 1:
            return None
        regs = rbp - 1
        if not sp - 8 <= regs < sp + 256:
            return None			# a user program's rbp that happens to be odd
        info = pending.create_unwind_info(FrameId(gdb.Value(regs), gdb.Value(pc)))
        words = gdb.Value(regs).cast(long.pointer())
        for index, name in enumerate(ORDER):
            if name:
                kind = pending.read_register(name).type
                info.add_saved_register(name, words[index].cast(kind if kind.sizeof == 8 else long).cast(kind))
        return info

    @staticmethod
    def last(pending, pc):
        """The user frame. gdb takes a stack below the one before for damage; this identity is above every stack."""
        top = gdb.Value((1 << 64) - 4096)
        info = pending.create_unwind_info(FrameId(top, gdb.Value(pc)))
        info.add_saved_register('rip', gdb.Value(0).cast(pending.read_register('rip').type))
        rsp = top.cast(gdb.lookup_type('unsigned long')).cast(pending.read_register('rsp').type)
        info.add_saved_register('rsp', rsp)
        return info


def register():
    gdb.unwinder.register_unwinder(None, EntryUnwinder(), replace=True)
