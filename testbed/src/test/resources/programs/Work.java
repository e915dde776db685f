import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;

/** Threads that meet, garbage, a growing map; the result depends on all of them. */
public final class Work {

    private static final int THREADS = 4;

    private Work() {}

    public static void main(String[] arguments) throws Exception {
        int laps = Integer.parseInt(arguments[0]);
        long[] values = new long[THREADS];
        CyclicBarrier barrier = new CyclicBarrier(THREADS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int me = i;
            threads.add(Thread.ofPlatform().start(() -> run(me, laps, values, barrier)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long sum = 0;
        for (long value : values) {
            sum = sum * 31 + value;
        }
        System.out.println("sum " + Long.toHexString(sum));
        System.exit(17);
    }

    private static void run(int me, int laps, long[] values, CyclicBarrier barrier) {
        Map<Long, String> map = new TreeMap<>();
        long value = me + 1;
        try {
            for (int lap = 0; lap < laps; lap++) {
                for (int i = 0; i < 4000; i++) {
                    value = value * 6364136223846793005L + 1442695040888963407L;
                    map.put(Math.floorMod(value, 5000L), "text " + value);
                }
                barrier.await();
                value += map.hashCode();
            }
            values[me] = value;
        } catch (Exception problem) {
            throw new IllegalStateException(problem);
        }
    }
}
