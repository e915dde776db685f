import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Several threads, a heap with garbage, and sums. */
public class Work {
    public static void main(String[] arguments) throws Exception {
        Map<Integer, List<String>> map = new HashMap<>();
        long sum = 0;
        try (var pool = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 60; round++) {
                List<Callable<Long>> tasks = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    int seed = round * 4 + t;
                    tasks.add(() -> {
                        long h = seed;
                        List<byte[]> garbage = new ArrayList<>();
                        for (int i = 0; i < 200; i++) {
                            byte[] bytes = new byte[5000];
                            bytes[i] = (byte) h;
                            garbage.add(bytes);
                            h = h * 31 + i + garbage.get((int) Long.remainderUnsigned(h, garbage.size())).length;
                        }
                        return h;
                    });
                }
                for (Future<Long> f : pool.invokeAll(tasks)) {
                    sum = sum * 17 + f.get();
                }
                map.computeIfAbsent(round % 7, _ -> new ArrayList<>()).add(Long.toString(sum));
                System.out.println(round + " " + sum + " " + map.get(round % 7).size());
                Thread.sleep(40);
            }
        }
        System.exit(5);
    }
}
