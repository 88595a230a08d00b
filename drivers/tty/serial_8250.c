/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/tty/serial_8250.c - the PC's serial port: the console that works when nothing else does.
 *
 * The chip (National 8250, 16450, 16550A and all their copies) is eight I/O ports. A few registers share an address:
 * with DLAB set in LCR, the first two are the divisor.
 *
 *	+0  THR/RBR  byte to send / byte received	(DLAB: divisor low)
 *	+1  IER      interrupt enables			(DLAB: divisor high)
 *	+2  FCR/IIR  write: FIFO control / read: interrupt cause, FIFO state
 *	+3  LCR      word length, parity, stop bits, DLAB
 *	+4  MCR      DTR, RTS, loopback
 *	+5  LSR      DR: a byte has come; THRE: the transmitter takes more; TEMT: it is completely idle
 *	+6  MSR      CTS, DSR, RI, DCD
 *	+7  SCR      scratch: remembers a byte, means nothing
 *
 *	baud = 115200 / divisor		(1.8432 MHz crystal, divided by 16 in the chip)
 *
 * Is there a port at all? A missing one reads as 0xff, and a console on it would lose the log and wait for ever for
 * THRE. So it must remember two values in SCR, and then, in loopback (MCR outputs are wired to MSR inputs inside the
 * chip), show what we put out.
 *
 * Speed. Reading LSR for each byte doubles the port accesses, and each costs about a microsecond on real hardware. A
 * 16550A has a FIFO of 16 bytes: when THRE says "empty", 16 bytes may follow without looking. An older chip gets one.
 *
 * A port that stops taking bytes (unplugged, broken) must not stop the kernel: the wait for THRE is bounded by about
 * 20 ms, ten times what 16 bytes take at 115200, and once it has run out, later waits are short until the port shows
 * life again.
 *
 * In and out differ. Output is polled: it must work with interrupts off, in a panic, and a line that has been written
 * is out when the next instruction runs. Input comes by interrupt: the chip announces the first byte, the handler
 * empties the FIFO into a ring, and whoever reads the terminal sleeps until then. The line is edge triggered, so the
 * handler goes on until IIR says that no cause is left: a cause that stays would keep the line up, and there would
 * never be another edge.
 *
 * Locking. Output runs under the console lock with interrupts off, or in a panic. Setting up happens once, at boot. The
 * handler touches other registers than the output (RBR, IIR, MSR; reading LSR has no effect on the transmitter), so
 * they need no common lock; the ring has its own.
 *
 * Linux (drivers/tty/serial/8250) sends by interrupt as well, has modem control, DMA and forty quirks of forty chips.
 * Reference: National Semiconductor PC16550D data sheet.
 */
#include <primer/console.h>
#include <primer/errno.h>
#include <primer/init.h>
#include <primer/interrupt.h>
#include <primer/kernel.h>
#include <primer/kstrtox.h>
#include <primer/panic.h>
#include <primer/printk.h>
#include <primer/serial_8250.h>
#include <primer/string.h>
#include <primer/tty_input.h>
#include <asm/barrier.h>
#include <asm/io.h>

#define UART_TX		0
#define UART_RX		0
#define UART_DLL	0
#define UART_IER	1
#define UART_DLM	1
#define UART_FCR	2
#define UART_IIR	2
#define UART_LCR	3
#define UART_MCR	4
#define UART_LSR	5
#define UART_MSR	6
#define UART_SCR	7

#define UART_FCR_ENABLE		0x01
#define UART_FCR_CLEAR		0x06		/* both FIFOs */
#define UART_IER_RDI		0x01		/* say when a byte has come */
#define UART_IIR_NO_INT		0x01
#define UART_IIR_FIFO		0xc0		/* both bits: a FIFO that works (16550A) */
#define UART_LCR_DLAB		0x80
#define UART_LCR_8N1		0x03
#define UART_MCR_DTR_RTS	0x03
#define UART_MCR_OUT2		0x08		/* lets the interrupt line out of the chip on a PC */
#define UART_MCR_LOOP		0x10
#define UART_LSR_DR		0x01
#define UART_LSR_THRE		0x20
#define UART_LSR_TEMT		0x40

#define BASE_BAUD	115200
#define SPINS_FULL	20000			/* port reads: about 20 ms on hardware */
#define SPINS_STUCK	16

struct uart_8250 {
	u16 base;
	u16 divisor;		/* 0: not set up */
	u8 irq;			/* its line of the ISA bus */
	u8 fifo_size;		/* bytes that may follow THRE */
	bool stuck;		/* the last wait ran out */
	bool by_irq;		/* [initcall] input comes by interrupt */
	struct tty_ring rx;
};

#define UART_PORT(n, port, line)	[n] = { .base = (port), .irq = (line), .rx = TTY_RING_INIT(ports[n].rx) }

static struct uart_8250 ports[SERIAL_PORTS] = {
	UART_PORT(0, 0x3f8, 4), UART_PORT(1, 0x2f8, 3), UART_PORT(2, 0x3e8, 4), UART_PORT(3, 0x2e8, 3),
};

/*
 * ---- the chip
 * ---------------------------------------------------------------------------------------------------------
 */

static bool wait_lsr(struct uart_8250 *p, u8 bits)
{
	unsigned int spins = p->stuck ? SPINS_STUCK : SPINS_FULL;

	while (!(inb(p->base + UART_LSR) & bits)) {
		if (!--spins) {
			p->stuck = true;
			return false;
		}
		cpu_relax();
	}
	p->stuck = false;
	return true;
}

static bool probe(u16 base)
{
	u8 lcr = inb(base + UART_LCR), mcr, msr;

	if (lcr == 0xff)
		return false;
	outb(0x5a, base + UART_SCR);
	if (inb(base + UART_SCR) != 0x5a)
		return false;
	outb(0xa5, base + UART_SCR);
	if (inb(base + UART_SCR) != 0xa5)
		return false;
	mcr = inb(base + UART_MCR);
	/* RTS shows as CTS and OUT2 as DCD; DTR and OUT1 are off, and so DSR and RI. */
	outb(UART_MCR_LOOP | 0x0a, base + UART_MCR);
	msr = inb(base + UART_MSR) & 0xf0;
	outb(mcr, base + UART_MCR);
	return msr == 0x90;
}

/* 8 bits, no parity, 1 stop bit, @baud; FIFO on if it works; interrupts off. */
static int setup_port(struct uart_8250 *p, unsigned int baud)
{
	u16 divisor = BASE_BAUD / baud;
	u8 ier;

	if (p->divisor == divisor)
		return 0;
	if (!p->divisor && !probe(p->base))
		return -ENODEV;
	/* What firmware or the early console still has in the FIFO goes out at the old speed. */
	wait_lsr(p, UART_LSR_TEMT);
	ier = inb(p->base + UART_IER);
	if (ier)
		outb(0, p->base + UART_IER);
	outb(UART_LCR_DLAB | UART_LCR_8N1, p->base + UART_LCR);
	outb((u8)divisor, p->base + UART_DLL);
	outb(divisor >> 8, p->base + UART_DLM);
	outb(UART_LCR_8N1, p->base + UART_LCR);
	outb(UART_FCR_ENABLE | UART_FCR_CLEAR, p->base + UART_FCR);
	p->fifo_size = (inb(p->base + UART_IIR) & UART_IIR_FIFO) == UART_IIR_FIFO ? 16 : 1;
	outb(UART_MCR_DTR_RTS | UART_MCR_OUT2, p->base + UART_MCR);
	p->divisor = divisor;
	return 0;
}

/*
 * ---- as a console
 * -----------------------------------------------------------------------------------------------------
 */

static void serial8250_write(struct console *con, const char *s, unsigned int count)
{
	struct uart_8250 *p = con->data;
	unsigned int room = 0;
	bool cr_done = false;

	while (count) {
		u8 c = *s;

		if (!room) {
			wait_lsr(p, UART_LSR_THRE);
			room = p->fifo_size;
		}
		room--;
		if (c == '\n' && !cr_done) {
			outb('\r', p->base + UART_TX);
			cr_done = true;
			continue;
		}
		outb(c, p->base + UART_TX);
		cr_done = false;
		s++;
		count--;
	}
}

static int poll_port(struct uart_8250 *p)
{
	int c = tty_ring_get(&p->rx);
	u8 lsr;

	if (c >= 0)
		return c;
	/* With interrupts the handler asks the chip, except when the kernel is coming to its end. */
	if (!p->divisor || (p->by_irq && !oops_in_progress))
		return -1;
	lsr = inb(p->base + UART_LSR);
	/* All ones: the port has gone. */
	if (!(lsr & UART_LSR_DR) || lsr == 0xff)
		return -1;
	return inb(p->base + UART_RX);
}

static int serial8250_console_getc(struct console *con)
{
	return poll_port(con->data);
}

int serial8250_poll_get_char(unsigned int line)
{
	return line < SERIAL_PORTS ? poll_port(&ports[line]) : -1;
}

/*
 * ---- in interrupts
 * ----------------------------------------------------------------------------------------------------
 */

/* All ones in LSR: the port has gone. A break or an error shows as a byte, too; it is passed on like any other. */
static irqreturn_t serial8250_interrupt(int irq, void *dev_id)
{
	struct uart_8250 *p = dev_id;
	bool ours = false, typed = false;
	unsigned int passes;
	u8 lsr;

	for (passes = 0; passes < 256 && !(inb(p->base + UART_IIR) & UART_IIR_NO_INT); passes++) {
		ours = true;
		while ((lsr = inb(p->base + UART_LSR)) & UART_LSR_DR && lsr != 0xff) {
			tty_ring_put(&p->rx, inb(p->base + UART_RX));
			typed = true;
		}
		inb(p->base + UART_MSR);
	}
	if (typed)
		tty_input_wake();
	return IRQ_RETVAL(ours);
}

/* Every port that is in use; the chips' lines are shared in pairs. */
static int __init serial8250_irq_init(void)
{
	static const char *const names[SERIAL_PORTS] = { "ttyS0", "ttyS1", "ttyS2", "ttyS3" };

	for (unsigned int i = 0; i < SERIAL_PORTS; i++) {
		struct uart_8250 *p = &ports[i];

		if (!p->divisor)
			continue;
		if (request_irq(p->irq, serial8250_interrupt, IRQF_SHARED, names[i], p)) {
			pr_warn("%s: no interrupt %u: input is polled\n", names[i], p->irq);
			tty_input_polled();
			continue;
		}
		p->by_irq = true;
		outb(UART_IER_RDI, p->base + UART_IER);
		pr_info("%s at I/O 0x%x (irq = %u, base_baud = %u) is a %s\n", names[i], p->base, p->irq, BASE_BAUD,
			p->fifo_size > 1 ? "16550A" : "16450");
	}
	return 0;
}
device_initcall(serial8250_irq_init);

/* "115200", "115200n8", "9600n8r": the speed counts, the rest is fixed. */
static int parse_baud(const char *options, unsigned int *baud)
{
	char *end;
	unsigned long v;

	*baud = BASE_BAUD;
	if (!options || !*options)
		return 0;
	v = simple_strtoul(options, &end, 10);
	if (end == options || !v || v > BASE_BAUD || BASE_BAUD % v || (*end && *end != 'n'))
		return -EINVAL;
	*baud = v;
	return 0;
}

static int serial8250_console_setup(struct console *con, char *options)
{
	struct uart_8250 *p = con->data;
	unsigned int baud;

	if (parse_baud(options, &baud))
		pr_warn("ttyS%d: \"%s\" is no speed that a 115200 baud clock divides to; using 115200n8\n", con->index,
			options);
	return setup_port(p, baud);
}

#define SERIAL_CONSOLE(n) { \
	.name = "ttyS", .index = (n), .data = &ports[n], .flags = CON_PRINTBUFFER, \
	.write = serial8250_write, .poll_get_char = serial8250_console_getc, .setup = serial8250_console_setup, \
}

static struct console serial_consoles[SERIAL_PORTS] = {
	SERIAL_CONSOLE(0), SERIAL_CONSOLE(1), SERIAL_CONSOLE(2), SERIAL_CONSOLE(3),
};

void __init serial8250_console_init(void)
{
	int i;

	for (i = 0; i < SERIAL_PORTS; i++) {
		if (i && !console_named("ttyS", i))
			continue;
		if (!ports[i].divisor && !probe(ports[i].base))
			continue;
		serial_consoles[i].hw_id = ports[i].base;
		register_console(&serial_consoles[i]);
	}
}

/*
 * ---- early
 * ------------------------------------------------------------------------------------------------------------
 */

static struct console early_serial_console = {
	.name = "earlyser",
	.flags = CON_PRINTBUFFER | CON_BOOT,
	.write = serial8250_write,
	.setup = serial8250_console_setup,
};

static void start_early_console(unsigned int line, char *options)
{
	early_serial_console.data = &ports[line];
	early_serial_console.hw_id = ports[line].base;
	early_serial_console.index = line;
	register_console(&early_serial_console);
}

/* earlyprintk=serial[,ttyS0|,0x3f8][,115200]; a screen comes up early enough as tty0. */
static int __init setup_early_printk(char *val)
{
	unsigned int line = 0;

	if (strncmp(val, "serial", 6) && strncmp(val, "ttyS", 4))
		return -EINVAL;
	if (!strncmp(val, "serial", 6))
		val += 6;
	if (*val == ',')
		val++;
	if (!strncmp(val, "ttyS", 4)) {
		line = simple_strtoul(val + 4, &val, 10);
	} else if (!strncmp(val, "0x", 2)) {
		unsigned long base = simple_strtoul(val, &val, 16);

		while (line < SERIAL_PORTS && ports[line].base != base)
			line++;
	}
	if (line >= SERIAL_PORTS)
		return -EINVAL;
	if (*val == ',')
		val++;
	start_early_console(line, *val ? val : NULL);
	return 0;
}
early_param("earlyprintk", setup_early_printk);

/* An oops or panic, and no console: the first serial port is worth a try. */
static void emergency_console(void)
{
	start_early_console(0, NULL);
}

void early_console_arm(void)
{
	emergency_console_hook = emergency_console;
}
