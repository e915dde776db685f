package org.linuxssi.proc;

import java.util.concurrent.atomic.AtomicBoolean;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.SeccompListener;
import org.linuxssi.linux.SeccompListener.Notification;

/**
 * A system call of a program that waits for our answer. Exactly one of {@link #proceed}, {@link #succeed} and {@link
 * #fail} has an effect, the first.
 */
public final class NotifiedCall {

    private final Notification notification;
    private final SeccompListener listener;
    private final AtomicBoolean answered = new AtomicBoolean();

    NotifiedCall(Notification notification, SeccompListener listener) {
        this.notification = notification;
        this.listener = listener;
    }

    /** Returns the kernel's number for this call, for descriptors that are installed in the caller. */
    public long id() {
        return notification.id();
    }

    /** Returns the system call's number. */
    public int number() {
        return notification.number();
    }

    /** Returns the calling thread as the daemon's pid name space numbers it. */
    public int hostThread() {
        return notification.thread();
    }

    /** Returns an argument, 0 to 5. */
    public long argument(int index) {
        return notification.argument(index);
    }

    /** Returns an argument, 0 to 5, as an int of C. */
    public int word(int index) {
        return notification.word(index);
    }

    /** Tells whether the call still waits: memory read before belongs to this caller. */
    public boolean valid() {
        return listener.valid(notification.id());
    }

    /** Lets the kernel carry it out. */
    public void proceed() {
        if (answered.compareAndSet(false, true)) {
            listener.proceed(notification.id());
        }
    }

    /** Answers with a result. */
    public void succeed(long result) {
        answer(result);
    }

    /** Answers with a result or a negated error number; tells whether the caller got it. */
    boolean answer(long result) {
        return answered.compareAndSet(false, true) && listener.answer(notification.id(), result);
    }

    /** Answers with an error. */
    public void fail(Errno errno) {
        succeed(-errno.number());
    }
}
