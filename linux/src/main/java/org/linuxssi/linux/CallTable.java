package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table of system calls that an agent makes for us, with the memory that they point to.
 *
 * <pre>{@code
 * CallTable table = new CallTable();
 * table.must(Nr.CHDIR, table.text("/tmp"));
 * table.must(Nr.EXECVE, table.text(path), table.pointers(arguments), table.pointers(environment));
 * }</pre>
 *
 * <p>Entries run in order. A {@code must} entry that fails ends the table; a {@code may} entry does not. Results are read
 * back by {@link #results}. The addresses handed out are those of the agent ({@link AgentImage}); all agents have the
 * same.
 */
public final class CallTable {

    private record Entry(int number, boolean required, List<Long> arguments) {}

    private final List<Entry> entries = new ArrayList<>();
    private final long start;
    private ByteBuffer data = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

    /** Makes an empty table. */
    public CallTable() {
        this(AgentImage.DATA_AT + AgentImage.MEMORY);
    }

    CallTable(long start) {
        this.start = start;
    }

    private int reserve(int count) {
        int at = (data.position() + 7) & ~7;
        if (at + count > data.capacity()) {
            if (at + count > AgentImage.ROOM - AgentImage.MEMORY) {
                throw new ErrnoException("memory of an agent's table, " + (at + count) + " bytes", Errno.E2BIG);
            }
            ByteBuffer larger = ByteBuffer.allocate(Math.max(at + count, data.capacity() * 2))
                    .order(ByteOrder.LITTLE_ENDIAN);
            larger.put(data.array(), 0, data.position());
            data = larger;
        }
        data.position(at + count);
        return at;
    }

    /** Reserves this many zero bytes and returns their address in the agent. */
    public long room(int count) {
        return start + reserve(count);
    }

    /** Places bytes and returns their address in the agent. */
    public long bytes(byte[] bytes) {
        int at = reserve(bytes.length);
        data.put(at, bytes);
        return start + at;
    }

    /** Places words of 64 bits and returns their address in the agent. */
    public long words(long... words) {
        int at = reserve(8 * words.length);
        for (int i = 0; i < words.length; i++) {
            data.putLong(at + 8 * i, words[i]);
        }
        return start + at;
    }

    /** Places words of 32 bits and returns their address in the agent. */
    public long ints(int... words) {
        int at = reserve(4 * words.length);
        for (int i = 0; i < words.length; i++) {
            data.putInt(at + 4 * i, words[i]);
        }
        return start + at;
    }

    /** Places a null-terminated text and returns its address in the agent. */
    public long text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int at = reserve(bytes.length + 1);
        data.put(at, bytes);
        return start + at;
    }

    /** Places texts and a null-terminated array of pointers to them, as execve(2) wants it. */
    public long pointers(List<String> texts) {
        long[] pointers = new long[texts.size() + 1];
        for (int i = 0; i < texts.size(); i++) {
            pointers[i] = text(texts.get(i));
        }
        return words(pointers);
    }

    private int add(int number, boolean required, long[] arguments) {
        if (arguments.length > 6) {
            throw new IllegalArgumentException("a system call has at most 6 arguments");
        }
        if (entries.size() == AgentImage.ENTRIES) {
            throw new ErrnoException("more than " + AgentImage.ENTRIES + " calls in a table", Errno.E2BIG);
        }
        entries.add(new Entry(number, required, Arrays.stream(arguments).boxed().toList()));
        return entries.size() - 1;
    }

    /** Adds a call whose failure ends the table; returns its index. */
    public int must(int number, long... arguments) {
        return add(number, true, arguments);
    }

    /** Adds a call that may fail; returns its index. */
    public int may(int number, long... arguments) {
        return add(number, false, arguments);
    }

    /** Returns the number of calls. */
    public int size() {
        return entries.size();
    }

    /** Returns the bytes from the address given back by {@code room} and the like, as they are before the table runs. */
    byte[] memory() {
        byte[] copy = new byte[data.position()];
        data.get(0, copy);
        return copy;
    }

    /** Returns the count and the entries, as they stand at {@link AgentImage#COUNT}; results are not-run marks. */
    byte[] encodeEntries() {
        ByteBuffer out =
                ByteBuffer.allocate(entries.size() * AgentImage.ENTRY_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        for (Entry entry : entries) {
            out.putInt(entry.number()).putInt(entry.required() ? 1 : 0);
            for (int i = 0; i < 6; i++) {
                out.putLong(i < entry.arguments().size() ? entry.arguments().get(i) : 0);
            }
            out.putLong(AgentImage.NOT_RUN);
        }
        return out.array();
    }

    /**
     * Puts the table into an agent that will run it next.
     *
     * @param hostPid the agent, as the caller's pid name space numbers it
     * @param tag a number that children cloned by the table carry, see {@link AgentImage#TAG}
     * @throws ErrnoException when the agent is gone
     */
    public void store(int hostPid, long tag) {
        ByteBuffer head = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(entries.size()).putLong(tag);
        AgentMemory.write(hostPid, AgentImage.DATA_AT + AgentImage.COUNT, head.array());
        AgentMemory.write(hostPid, AgentImage.DATA_AT + AgentImage.TABLE, encodeEntries());
        if (data.position() > 0) {
            AgentMemory.write(hostPid, start, memory());
        }
    }

    /**
     * Reads the results of a table that ran: the kernel's return values, {@link AgentImage#NOT_RUN} for entries after the
     * one that ended it.
     */
    public long[] results(int hostPid) {
        byte[] bytes = AgentMemory.read(
                hostPid, AgentImage.DATA_AT + AgentImage.TABLE, entries.size() * AgentImage.ENTRY_SIZE);
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long[] results = new long[entries.size()];
        for (int i = 0; i < results.length; i++) {
            results[i] = in.getLong(i * AgentImage.ENTRY_SIZE + AgentImage.RESULT);
        }
        return results;
    }
}
