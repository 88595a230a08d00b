/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * include/asm/irq_vectors.h - who uses which of the 256 interrupt vectors, with Linux's numbers.
 *
 *	0x00 - 0x1f	exceptions (asm/traps.h); 0x02 is the NMI
 *	0x20 - 0x2f	free: the I/O APICs' spill-over
 *	0x30 - 0x3f	ISA interrupts 0 to 15, through an I/O APIC or through the 8259s
 *	0x40 - 0xeb	devices; 0x80 stays free: programs think that INT 0x80 is a system call
 *	0xec - 0xff	system vectors: one use for all CPUs, known at compile time
 *
 * The upper four bits of a vector are its priority at the local APIC: an interrupt waits while one of the same or a higher
 * sixteen is in service. So the vectors that other CPUs wait for stand at the top.
 */
#ifndef ASM_IRQ_VECTORS_H
#define ASM_IRQ_VECTORS_H

#define NMI_VECTOR			0x02
#define FIRST_EXTERNAL_VECTOR		0x20
#define ISA_IRQ_VECTOR(irq)		(0x30 + (irq))
#define FIRST_DEVICE_VECTOR		0x40
#define IA32_SYSCALL_VECTOR		0x80

#define LOCAL_TIMER_VECTOR		0xec
#define IRQ_WORK_VECTOR			0xf6
#define X86_PLATFORM_IPI_VECTOR		0xf7	/* the tests' own: nobody else sends it */
#define REBOOT_VECTOR			0xf8
#define THRESHOLD_APIC_VECTOR		0xf9
#define THERMAL_APIC_VECTOR		0xfa
#define CALL_FUNCTION_SINGLE_VECTOR	0xfb
#define CALL_FUNCTION_VECTOR		0xfc
#define RESCHEDULE_VECTOR		0xfd
#define ERROR_APIC_VECTOR		0xfe
#define SPURIOUS_APIC_VECTOR		0xff	/* its low four bits must be ones on old APICs */

#define FIRST_SYSTEM_VECTOR		LOCAL_TIMER_VECTOR
#define NR_VECTORS			256
#define NR_SYSTEM_VECTORS		(NR_VECTORS - FIRST_SYSTEM_VECTOR)

#define NR_ISA_IRQS			16
#define NR_IRQS				256	/* interrupt numbers; there are fewer vectors */

#ifndef __ASSEMBLY__

struct pt_regs;

/* How a system vector is entered: flags of set_sysvec(). */
#define SYSVEC_SIMPLE	1	/* no irq_enter() and irq_exit(): for handlers that only leave a note and raise no softirq */
#define SYSVEC_NOACK	2	/* no end-of-interrupt: the APIC did not put it into service (the spurious vector) */

/*
 * set_sysvec - @fn serves system vector @vector (FIRST_SYSTEM_VECTOR and above) on every CPU
 *
 * @fn runs in hard interrupt context, interrupts off, after the end-of-interrupt was sent; it counts itself with
 * inc_irq_stat(). Without an owner a vector is reported and acknowledged. Context: any; the vector must not be in use.
 */
void set_sysvec(unsigned int vector, void (*fn)(struct pt_regs *regs), unsigned int flags);

struct sysvec {
	void (*fn)(struct pt_regs *regs);
	unsigned int flags;		/* SYSVEC_* */
};
extern struct sysvec sysvec_table[NR_SYSTEM_VECTORS];	/* [written at boot by set_sysvec()] */

#endif
#endif
