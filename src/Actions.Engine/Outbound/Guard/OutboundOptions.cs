using System.ComponentModel.DataAnnotations;

namespace Actions.Engine.Outbound.Guard;

/// <summary>
/// What may be called (section <c>Outbound</c>). Lists are separated by commas, in one variable
/// (<c>Outbound__AllowedNetworks=127.0.0.0/8,10.0.0.0/8</c>), or one entry each (<c>Outbound__AllowedNetworks__0</c>).
/// </summary>
public sealed class OutboundOptions : IValidatableObject
{
    public const string Section = "Outbound";

    /// <summary>
    /// Also http. Without it only https, and http to loopback addresses that <see cref="AllowedNetworks"/> has: nobody is
    /// on the path there (W3C Secure Contexts section 3.1).
    /// </summary>
    public bool AllowHttp { get; set; }

    /// <summary>Networks (10.0.0.0/8, fd12:3456::/32) and addresses that may be called though they aren't public;
    /// <c>loopback</c> stands for 127.0.0.0/8 and ::1.</summary>
    public string AllowedNetworks { get; set; } = "";

    /// <summary>
    /// Hosts (api.internal.example, *.internal.example) that may have addresses which aren't public, but for link-local
    /// and
    /// metadata ones and this machine's own: these only <see cref="AllowedNetworks"/> can allow.
    /// </summary>
    public string AllowedHosts { get; set; } = "";

    /// <summary>Hosts (evil.example, *.evil.example) and addresses that may never be called, whatever else is
    /// allowed.</summary>
    public string DeniedHosts { get; set; } = "";

    /// <summary>
    /// Ports, of those from 1024 up, that may not be called: where a plain HTTP request can do harm. Those of the
    /// WHATWG
    /// Fetch standard's "port blocking"; databases, caches, brokers and cluster control, as IANA's service names or
    /// their
    /// own manuals have them. None is among those that systems give out by themselves (32768 up).
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

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var wrong = new List<ValidationResult>();
        _ = new OutboundRules(this, problem => wrong.Add(new ValidationResult(problem)));
        return wrong;
    }
}
