using System;

namespace Net.Http
{
    /// <summary>Glued.</summary>
    [Serializable]
    public class Client<T> : Base
    {
        private int retries = 1;
        public string Name { get; set; }

        public Client() {}

        [Obsolete]
        public void Send(string request)
        {
            void Local() {}
        }

        public void Send(byte[] request) {}
        public int this[int i] => i;
        public event Action Closed;
        enum State { Open, Closed }
    }

    interface ISender
    {
        void Send();
    }
}
