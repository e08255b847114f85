using System.ComponentModel.DataAnnotations;

namespace Actions.Engine.Outbound.Guard;

/// <summary>
/// Settings of the addresses that actions may call (section <c>Outbound</c>). A list is one variable with commas
/// (<c>Outbound__AllowedNetworks=127.0.0.0/8,10.0.0.0/8</c>), or one variable per entry
/// (<c>Outbound__AllowedNetworks__0</c>).
/// </summary>
public sealed class OutboundOptions : IValidatableObject
{
    public const string Section = "Outbound";

    /// <summary>
    /// Also allows http. Otherwise only https is allowed, and http to loopback addresses in <see
    /// cref="AllowedNetworks"/>: that traffic stays on this machine (W3C Secure Contexts section 3.1).
    /// </summary>
    public bool AllowHttp { get; set; }

    /// <summary>
    /// Networks (10.0.0.0/8, fd12:3456::/32) and addresses that may be called although they aren't public.
    /// <c>loopback</c> stands for 127.0.0.0/8 and ::1.
    /// </summary>
    public string AllowedNetworks { get; set; } = "";

    /// <summary>
    /// Hosts (api.internal.example, *.internal.example) that may have addresses that aren't public. Excepted are
    /// link-local and metadata addresses and this machine's own: only <see cref="AllowedNetworks"/> can allow these.
    /// </summary>
    public string AllowedHosts { get; set; } = "";

    /// <summary>
    /// Hosts (evil.example, *.evil.example) and addresses that must never be called, whatever else is allowed.
    /// </summary>
    public string DeniedHosts { get; set; } = "";

    /// <summary>
    /// Ports from 1024 up that must not be called because a plain HTTP request can do harm there. Sources: the WHATWG
    /// Fetch standard's "port blocking"; for databases, caches, brokers and cluster control, IANA's service names or
    /// the products' manuals. None is in the systems' ephemeral range (32768 up).
    /// </summary>
    public string DeniedPorts { get; set; } =
        // Fetch: H.323, PPTP, NFS, lockd, Sieve, SIP, X11, SANE, IRC, Amanda.
        "1719-1723,2049,3659,4045,4190,5060-5061,6000-6063,6566,6665-6669,6679,6697,10080,"
        // Microsoft SQL Server, Oracle, MySQL, PostgreSQL, CouchDB, Redis, Cassandra, Elasticsearch, memcached,
        // MongoDB.
        + "1433-1434,1521,3306,5432,5984,6379,7000-7001,9042,9160,9200,9300,11211,27017-27019,"
        // MQTT, NATS, AMQP, Kafka, ZooKeeper, etcd, Docker, Erlang, RDP, VNC, WinRM, Kubernetes and its kubelet,
        // Consul.
        + "1883,4222,5671-5672,9092,2181,2379-2380,2375-2377,4369,3389,5900-5901,5985-5986,6443,10250,10255,8300-8302,8500";

    /// <summary>
    /// Hosts (api.internal.example, *.internal.example) and addresses that receive the <c>traceparent</c> of the
    /// client's call. No other part of its trace context is passed on, to no host.
    /// </summary>
    public string TraceparentHosts { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var wrong = new List<ValidationResult>();
        _ = new OutboundRules(this, problem => wrong.Add(new ValidationResult(problem)));
        return wrong;
    }
}
