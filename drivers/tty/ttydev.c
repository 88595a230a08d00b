/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/tty/ttydev.c - the consoles as files: /dev/console, /dev/tty0, /dev/ttyS0 ...
 *
 * What printk writes to, a program can write to as well, and it can read what is typed there. Between the bytes and
 * the program stands the line discipline:
 *
 *	program --write--> output: NL becomes CR NL --> every console, or the one that was opened
 *	program <--read--- line <--- editing, echo <--- a byte typed
 *
 * Reading. In canonical mode (ICANON) a read waits for a whole line; until then ERASE, WERASE and KILL edit it, and
 * EOF ends it without a line end. Otherwise VMIN and VTIME say when enough is enough. Who waits sleeps until a device
 * has heard something (tty_input.c), or VTIME has passed.
 *
 * Settings. TCGETS and TCSETS keep a struct termios for each device. What cannot be changed is corrected in what
 * TCGETS shows afterwards: output processing stays on (OPOST, ONLCR), and the line's speed is what the driver has
 * set. There are no sessions on these terminals, so who asks for a foreground process group is told that it has no
 * terminal of its own (-ENOTTY), and ^C is a character.
 *
 * Locking. dev->lock (sleeps, LOCK_RANK_TTY) covers the line and the settings; a reader holds it except while it waits.
 */
#include <primer/cdev.h>
#include <primer/console.h>
#include <primer/devtmpfs.h>
#include <primer/fs.h>
#include <primer/init.h>
#include <primer/jiffies.h>
#include <primer/kernel.h>
#include <primer/mutex.h>
#include <primer/poll.h>
#include <primer/printk.h>
#include <primer/sched.h>
#include <primer/signal.h>
#include <primer/sleep.h>
#include <primer/string.h>
#include <primer/timekeeping.h>
#include <primer/tty_input.h>
#include <primer/uio.h>
#include <asm/uaccess.h>
#include <uapi/ioctls.h>
#include <uapi/major.h>
#include <uapi/termios.h>

#define LINE_MAX	1024		/* of which the last byte is kept for the line end */
#define NR_SERIAL	4

/* A terminal. Legend: [i] immutable after init; [l] lock. */
struct ttydev {
	const char *driver;		/* [i] name of the console behind it; NULL: all of them */
	int index;			/* [i] */
	struct console *con;		/* [i] after the first open */
	struct mutex lock;
	struct termios termios;		/* [l] */
	struct winsize winsize;		/* [l] */
	unsigned int len;		/* [l] bytes in line */
	unsigned int ready;		/* [l] of these, how many a canonical read may take */
	bool eof;			/* [l] an EOF ended the ready part */
	char line[LINE_MAX];		/* [l] */
};

static struct ttydev console_dev = { .driver = NULL };
static struct ttydev screen_dev = { .driver = "tty", .index = 0 };
static struct ttydev serial_dev[NR_SERIAL];

static const struct termios tty_std_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = {
		[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VTIME] = 0, [VMIN] = 1,
		[VSTART] = 17,
		[VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
	},
};

/* ---- bytes out --------------------------------------------------------------------------------------------------- */

static void tty_output(struct ttydev *dev, const char *buf, size_t len)
{
	if (dev->con)
		console_write_device(dev->con, buf, len);
	else
		console_write_all(buf, len);
}

static ssize_t tty_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct ttydev *dev = iocb->ki_filp->private_data;
	size_t done = 0;
	char chunk[256];

	while (iov_iter_count(from)) {
		size_t n = min(iov_iter_count(from), sizeof(chunk)), moved = copy_from_iter(chunk, n, from);

		tty_output(dev, chunk, moved);
		done += moved;
		if (moved < n)
			return done ? (ssize_t)done : -EFAULT;
		if (signal_pending(current))
			break;
	}
	return done;
}

/* ---- bytes in ---------------------------------------------------------------------------------------------------- */

static int tty_input(struct ttydev *dev)
{
	return dev->con && dev->con->poll_get_char ? dev->con->poll_get_char(dev->con) : console_getchar();
}

static void echo(struct ttydev *dev, unsigned char c)
{
	char text[2] = { '^', c ^ 0x40 };

	if (!(dev->termios.c_lflag & ECHO) && !(c == '\n' && dev->termios.c_lflag & ECHONL))
		return;
	if ((c < ' ' && c != '\n' && c != '\t') || c == 127)
		tty_output(dev, text, 2);
	else
		tty_output(dev, (char *)&c, 1);
}

static void erase_one(struct ttydev *dev)
{
	unsigned char c = dev->line[--dev->len];

	if (!(dev->termios.c_lflag & ECHO))
		return;
	tty_output(dev, "\b \b", 3);
	if ((c < ' ' && c != '\t') || c == 127)
		tty_output(dev, "\b \b", 3);		/* it was shown as two */
}

/* Something is ready for a canonical read: a line, or the part before an EOF. */
static bool line_ready(const struct ttydev *dev)
{
	return dev->ready || dev->eof;
}

static void receive_canonical(struct ttydev *dev, unsigned char c)
{
	const unsigned char *cc = dev->termios.c_cc;

	/* A character of 0 is one that is switched off. */
	if ((c && c == cc[VERASE]) || c == '\b') {
		if (dev->len > dev->ready)
			erase_one(dev);
		return;
	}
	if (c && c == cc[VKILL]) {
		while (dev->len > dev->ready)
			erase_one(dev);
		return;
	}
	if (c && c == cc[VWERASE] && dev->termios.c_lflag & IEXTEN) {
		while (dev->len > dev->ready && dev->line[dev->len - 1] == ' ')
			erase_one(dev);
		while (dev->len > dev->ready && dev->line[dev->len - 1] != ' ')
			erase_one(dev);
		return;
	}
	if (c && c == cc[VEOF]) {
		dev->ready = dev->len;
		dev->eof = true;
		return;
	}
	if (c != '\n' && dev->len >= LINE_MAX - 1)
		return;			/* a line that is too long keeps its first part */
	echo(dev, c);
	dev->line[dev->len++] = c;
	if (c == '\n' || (c == cc[VEOL] && c))
		dev->ready = dev->len;
}

static void receive(struct ttydev *dev, unsigned char c)
{
	unsigned int iflag = dev->termios.c_iflag;

	if (c == '\r') {
		if (iflag & IGNCR)
			return;
		if (iflag & ICRNL)
			c = '\n';
	} else if (c == '\n' && iflag & INLCR) {
		c = '\r';
	}
	if (dev->termios.c_lflag & ICANON) {
		receive_canonical(dev, c);
	} else if (dev->len < LINE_MAX) {
		echo(dev, c);
		dev->line[dev->len++] = c;
	}
}

/* Take in what has been typed so far; a line that is ready is not mixed with the next one. */
static void poll_input(struct ttydev *dev)
{
	bool canonical = dev->termios.c_lflag & ICANON;
	int c;

	while (!(canonical && line_ready(dev)) && dev->len < LINE_MAX && (c = tty_input(dev)) >= 0)
		receive(dev, c);
}

/* How much a read may take now; -1: nothing yet. @since: when the last byte came, or the read began. */
static int readable(struct ttydev *dev, size_t count, u64 since)
{
	const unsigned char *cc = dev->termios.c_cc;
	unsigned int have = dev->len;

	if (dev->termios.c_lflag & ICANON) {
		const char *nl;

		if (!line_ready(dev))
			return -1;
		nl = memchr(dev->line, '\n', dev->ready);
		return nl ? nl - dev->line + 1 : (int)dev->ready;
	}
	if (have >= min_t(size_t, cc[VMIN], count) && (have || (!cc[VMIN] && !cc[VTIME])))
		return have;
	if (cc[VTIME] && (have || !cc[VMIN]) && ktime_get_ns() - since >= cc[VTIME] * (u64)(NSEC_PER_SEC / 10))
		return have;
	return -1;
}

/* Jiffies until VTIME has passed. */
static long vtime_left(const struct ttydev *dev, u64 since)
{
	s64 left = since + dev->termios.c_cc[VTIME] * (u64)(NSEC_PER_SEC / 10) - ktime_get_ns();

	return left > 0 ? nsecs_to_jiffies(left) + 1 : 1;
}

static void consume(struct ttydev *dev, unsigned int n)
{
	memmove(dev->line, dev->line + n, dev->len - n);
	dev->len -= n;
	dev->ready = dev->ready > n ? dev->ready - n : 0;
	if (!dev->ready)
		dev->eof = false;
}

static ssize_t tty_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct ttydev *dev = file->private_data;
	size_t count = iov_iter_count(to);
	u64 since = ktime_get_ns();
	unsigned int before;
	ssize_t ret;
	int n;

	if (!count)
		return 0;
	mutex_lock(&dev->lock);
	for (;;) {
		unsigned int seq = tty_input_seq();
		long timeout = MAX_SCHEDULE_TIMEOUT;

		before = dev->len;
		poll_input(dev);
		if (dev->len != before)
			since = ktime_get_ns();
		n = readable(dev, count, since);
		if (n >= 0)
			break;
		ret = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto out;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			goto out;
		if (!(dev->termios.c_lflag & ICANON) && dev->termios.c_cc[VTIME] && (dev->len || !dev->termios.c_cc[VMIN]))
			timeout = vtime_left(dev, since);
		mutex_unlock(&dev->lock);
		tty_input_wait(seq, timeout);
		mutex_lock(&dev->lock);
	}
	n = min_t(size_t, n, count);
	ret = copy_to_iter(dev->line, n, to);
	if (n && !ret)
		ret = -EFAULT;
	else
		consume(dev, ret);
out:
	mutex_unlock(&dev->lock);
	return ret;
}

/* Ready to be read is what a read of one byte would return at once; output is always taken. */
static unsigned int tty_poll(struct file *file, struct poll_table_struct *wait)
{
	struct ttydev *dev = file->private_data;
	unsigned int mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, tty_input_queue(), wait);
	mutex_lock(&dev->lock);
	poll_input(dev);
	if (dev->termios.c_lflag & ICANON ? line_ready(dev) : dev->len > 0)
		mask |= EPOLLIN | EPOLLRDNORM;
	else
		tty_input_poll();
	mutex_unlock(&dev->lock);
	return mask;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static long set_termios(struct ttydev *dev, const struct termios __user *arg, bool flush)
{
	struct termios new;

	if (copy_from_user(&new, arg, sizeof(new)))
		return -EFAULT;
	new.c_oflag |= OPOST | ONLCR;
	new.c_oflag &= OPOST | ONLCR;
	mutex_lock(&dev->lock);
	new.c_cflag = (new.c_cflag & ~CBAUD) | (dev->termios.c_cflag & CBAUD);
	if (flush) {
		while (tty_input(dev) >= 0)
			;
		dev->len = dev->ready = 0;
		dev->eof = false;
	}
	/* What pends can be read, in either mode, though it may end without a line end: a full line takes no more. */
	if ((dev->termios.c_lflag ^ new.c_lflag) & ICANON)
		dev->ready = dev->len;
	dev->termios = new;
	mutex_unlock(&dev->lock);
	tty_input_wake();		/* what was not enough for a sleeping reader may be by now */
	return 0;
}

static long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ttydev *dev = file->private_data;
	void __user *p = (void __user *)arg;
	struct termios termios;
	struct winsize winsize;
	int n;

	switch (cmd) {
	case TCGETS:
		mutex_lock(&dev->lock);
		termios = dev->termios;
		mutex_unlock(&dev->lock);
		return copy_to_user(p, &termios, sizeof(termios)) ? -EFAULT : 0;
	case TCSETS:
	case TCSETSW:			/* output is gone when write() returns */
		return set_termios(dev, p, false);
	case TCSETSF:
		return set_termios(dev, p, true);
	case TIOCGWINSZ:
		mutex_lock(&dev->lock);
		winsize = dev->winsize;
		mutex_unlock(&dev->lock);
		return copy_to_user(p, &winsize, sizeof(winsize)) ? -EFAULT : 0;
	case TIOCSWINSZ:
		if (copy_from_user(&winsize, p, sizeof(winsize)))
			return -EFAULT;
		mutex_lock(&dev->lock);
		dev->winsize = winsize;
		mutex_unlock(&dev->lock);
		return 0;
	case TIOCINQ:
		mutex_lock(&dev->lock);
		poll_input(dev);
		n = dev->termios.c_lflag & ICANON ? dev->ready : dev->len;
		mutex_unlock(&dev->lock);
		return put_user(n, (int __user *)p);
	case TIOCOUTQ:
		return put_user(0, (int __user *)p);
	case TCSBRK:
	case TCXONC:
		return 0;
	case TCFLSH:
		if (arg > 2)
			return -EINVAL;
		mutex_lock(&dev->lock);
		if (arg != 1) {
			while (tty_input(dev) >= 0)
				;
			dev->len = dev->ready = 0;
			dev->eof = false;
		}
		mutex_unlock(&dev->lock);
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

struct find_console {
	const char *driver;
	int index;
	struct console *found;
};

static void match_console(struct console *con, void *arg)
{
	struct find_console *f = arg;

	if (con->index == f->index && !strcmp(con->name, f->driver) && !(con->flags & CON_BOOT))
		f->found = con;
}

static int tty_attach(struct file *file, struct ttydev *dev)
{
	if (dev->driver && !dev->con) {
		struct find_console f = { dev->driver, dev->index, NULL };

		console_for_each(match_console, &f);
		if (!f.found)
			return -ENXIO;
		dev->con = f.found;
	}
	file->private_data = dev;
	return stream_open(file->f_inode, file);
}

/* Major 4: tty0 and the serial ports. */
static int tty_open(struct inode *inode, struct file *file)
{
	unsigned int minor = MINOR(inode->i_rdev);

	if (minor == 0)
		return tty_attach(file, &screen_dev);
	if (minor >= 64 && minor < 64 + NR_SERIAL)
		return tty_attach(file, &serial_dev[minor - 64]);
	return -ENXIO;
}

/* Major 5: /dev/tty is the terminal of one's own session, and nobody has one; /dev/console is all consoles. */
static int ttyaux_open(struct inode *inode, struct file *file)
{
	if (MINOR(inode->i_rdev) == 1)
		return tty_attach(file, &console_dev);
	return -ENXIO;
}

static const struct file_operations tty_fops = {
	.open = tty_open,
	.read_iter = tty_read_iter,
	.write_iter = tty_write_iter,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
};

static const struct file_operations ttyaux_fops = {
	.open = ttyaux_open,
	.read_iter = tty_read_iter,
	.write_iter = tty_write_iter,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
};

static void __init setup_dev(struct ttydev *dev)
{
	mutex_init(&dev->lock, LOCK_RANK_TTY);
	dev->termios = tty_std_termios;
}

static void __init node_for(struct console *con, void *arg)
{
	*(unsigned int *)arg |= !strcmp(con->name, "ttyS") && con->index < NR_SERIAL ? 1U << con->index : 0;
}

static int __init ttydev_init(void)
{
	unsigned int ports = 0;
	int err;

	setup_dev(&console_dev);
	setup_dev(&screen_dev);
	for (int i = 0; i < NR_SERIAL; i++) {
		serial_dev[i].driver = "ttyS";
		serial_dev[i].index = i;
		setup_dev(&serial_dev[i]);
	}
	err = register_chrdev(TTY_MAJOR, "tty", &tty_fops);
	if (!err)
		err = register_chrdev(TTYAUX_MAJOR, "console", &ttyaux_fops);
	if (err)
		return err;
	devtmpfs_create_node("console", S_IFCHR | 0600, MKDEV(TTYAUX_MAJOR, 1));
	devtmpfs_create_node("tty", S_IFCHR | 0666, MKDEV(TTYAUX_MAJOR, 0));
	devtmpfs_create_node("tty0", S_IFCHR | 0620, MKDEV(TTY_MAJOR, 0));
	console_for_each(node_for, &ports);
	for (unsigned int i = 0; i < NR_SERIAL; i++) {
		char name[] = "ttyS0";

		name[4] = '0' + i;
		if (ports & 1U << i)
			devtmpfs_create_node(name, S_IFCHR | 0660, MKDEV(TTY_MAJOR, 64 + i));
	}
	return 0;
}
fs_initcall(ttydev_init);
