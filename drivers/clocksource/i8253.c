/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/clocksource/i8253.c - the programmable interval timer, in every PC since 1981.
 *
 * Three 16-bit counters that count down at 1193182 Hz. Channel 0 raises IRQ 0, channel 2 drives the speaker.
 *
 *	channel 0: clock events		mode 2: reload 1193, interrupt each time it is 1: the periodic tick
 *					mode 4: interrupt once when it has counted down
 *	channel 2: a clock source	mode 2, reload 65536: counts round and round, 55 ms a turn; speaker off
 *
 * A 16-bit clock source has to be read more often than it goes round, so on this one no CPU may sleep for longer than
 * some ten milliseconds: max_idle_ns says so. It is the last resort, and the ancestor of them all.
 *
 * Two bytes make a count, read or written one after the other through one port, and a command word says which: i8253_lock.
 *
 * Reference: Intel 8254 data sheet. Linux uses channel 0 for both, and so can only use it as a clock while it ticks.
 */
#include <primer/clocksource.h>
#include <primer/i8253.h>
#include <primer/init.h>
#include <primer/smp.h>
#include <primer/spinlock.h>
#include <asm/io.h>

#include "internal.h"

#define PIT_LATCH_CH2		0x80	/* command: hold channel 2's count for reading */
#define PIT_CH0_MODE2		0x34	/* channel 0, low then high byte, mode 2 */
#define PIT_CH0_MODE4		0x38
#define PIT_CH0_MODE0		0x30
#define PIT_CH2_MODE2		0xb4

static DEFINE_SPINLOCK(i8253_lock, LOCK_RANK_IRQ_CHIP);	/* the chip's ports; interrupts off */

/* ---- channel 2 --------------------------------------------------------------------------------------------------- */

static u64 pit_read(struct clocksource *cs)
{
	unsigned long flags;
	u16 count;

	spin_lock_irqsave(&i8253_lock, flags);
	outb(PIT_LATCH_CH2, PIT_MODE);
	count = inb(PIT_CH2);
	count |= (u16)(inb(PIT_CH2) << 8);
	spin_unlock_irqrestore(&i8253_lock, flags);
	/* Down from 65536, which reads as 0, to 1. */
	return (u16)-count;
}

static struct clocksource clocksource_pit = {
	.name	= "pit",
	.rating	= 110,
	.read	= pit_read,
	.mask	= CLOCKSOURCE_MASK(16),
	.flags	= CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_VALID_FOR_HRES,
};

void __init init_pit_clocksource(void)
{
	unsigned long flags;

	spin_lock_irqsave(&i8253_lock, flags);
	outb((inb(PIT_GATE_PORT) & ~2) | 1, PIT_GATE_PORT);
	outb(PIT_CH2_MODE2, PIT_MODE);
	outb(0, PIT_CH2);
	outb(0, PIT_CH2);
	spin_unlock_irqrestore(&i8253_lock, flags);
	clocksource_register_hz(&clocksource_pit, PIT_TICK_RATE);
}

/* ---- channel 0 --------------------------------------------------------------------------------------------------- */

static void pit_set(u8 mode, u16 count)
{
	unsigned long flags;

	spin_lock_irqsave(&i8253_lock, flags);
	if (mode)
		outb(mode, PIT_MODE);
	outb(count & 0xff, PIT_CH0);
	outb(count >> 8, PIT_CH0);
	spin_unlock_irqrestore(&i8253_lock, flags);
}

static int pit_shutdown(struct clock_event_device *evt)
{
	if (evt->state == CLOCK_EVT_STATE_PERIODIC || evt->state == CLOCK_EVT_STATE_ONESHOT)
		pit_set(PIT_CH0_MODE0, 0);	/* one long count: an interrupt after 55 ms, and no more */
	return 0;
}

static int pit_set_oneshot(struct clock_event_device *evt)
{
	unsigned long flags;

	spin_lock_irqsave(&i8253_lock, flags);
	outb(PIT_CH0_MODE4, PIT_MODE);
	spin_unlock_irqrestore(&i8253_lock, flags);
	return 0;
}

static int pit_set_periodic(struct clock_event_device *evt)
{
	pit_set(PIT_CH0_MODE2, PIT_LATCH);
	return 0;
}

static int pit_next_event(unsigned long delta, struct clock_event_device *evt)
{
	pit_set(0, (u16)delta);
	return 0;
}

static struct clock_event_device i8253_clockevent = {
	.name			= "pit",
	.rating			= 10,
	.features		= CLOCK_EVT_FEAT_PERIODIC | CLOCK_EVT_FEAT_ONESHOT,
	.set_state_shutdown	= pit_shutdown,
	.set_state_periodic	= pit_set_periodic,
	.set_state_oneshot	= pit_set_oneshot,
	.set_next_event		= pit_next_event,
	.irq			= 0,
};

void __init pit_clockevent_init(void)
{
	i8253_clockevent.cpumask = *cpumask_of(smp_processor_id());
	global_clock_event = &i8253_clockevent;
	clockevents_config_and_register(&i8253_clockevent, PIT_TICK_RATE, 0xf, 0x7fff);
}
