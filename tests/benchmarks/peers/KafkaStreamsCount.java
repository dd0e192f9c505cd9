import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The peer: Kafka Streams counts views by key, no more. The key is the article already, so that it
 * need not even read the JSON. Prints the seconds from the first view to the last.
 *
 * <p>Arguments: broker, topic, views to count, threads, "memory" or "rocksdb".
 */
public final class KafkaStreamsCount {
  private KafkaStreamsCount() {}

  public static void main(String[] given) throws Exception {
    long wanted = Long.parseLong(given[2]);
    Properties settings = new Properties();
    settings.put("application.id", "peer-" + given[1] + "-" + given[4] + "-" + System.nanoTime());
    settings.put("bootstrap.servers", given[0]);
    settings.put("num.stream.threads", given[3]);
    settings.put("state.dir", System.getProperty("java.io.tmpdir") + "/tolqyn-peer");
    settings.put("auto.offset.reset", "earliest");
    settings.put("commit.interval.ms", "1000");
    settings.put("default.key.serde", Serdes.StringSerde.class);
    settings.put("default.value.serde", Serdes.StringSerde.class);

    AtomicLong counted = new AtomicLong();
    AtomicLong began = new AtomicLong();
    CountDownLatch done = new CountDownLatch(1);
    Materialized<String, Long, KeyValueStore<Bytes, byte[]>> store =
        given[4].equals("memory")
            ? Materialized.as(Stores.inMemoryKeyValueStore("counts"))
            : Materialized.as(Stores.persistentKeyValueStore("counts"));
    StreamsBuilder builder = new StreamsBuilder();
    builder
        .<String, String>stream(given[1])
        .peek(
            (article, view) -> {
              long number = counted.incrementAndGet();
              if (number == 1) {
                began.set(System.nanoTime());
              }
              if (number == wanted) {
                done.countDown();
              }
            })
        .groupByKey()
        .count(store.withKeySerde(Serdes.String()).withValueSerde(Serdes.Long()));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.start();
    done.await();
    System.out.printf("seconds %.3f%n", (System.nanoTime() - began.get()) / 1e9);
    streams.close();
  }
}
