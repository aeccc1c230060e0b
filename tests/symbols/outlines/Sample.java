package a;

import java.util.List;

/** Glued. */
@Service("x")
public class Client<T> extends Base {
    private int retries = 1;
    int a, b;

    public Client() {}

    @Override
    public void send(String request) {
        Runnable local = () -> {};
    }

    void send(byte[] request) {}

    enum State {
        OPEN,
        CLOSED;

        boolean isOpen() { return this == OPEN; }
    }

    interface Sender {
        void send();
    }

    record Pair(int a, int b) {}
}
