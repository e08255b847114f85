using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Actions.Server.Secrets;

/// <summary>
/// The keys of the secrets as files, for their owner only, and on the disk before anything is encrypted with them.
/// </summary>
internal sealed class KeyRingDirectory(string path, ILoggerFactory logs)
    : FileSystemXmlRepository(new DirectoryInfo(path), logs)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly ILogger _log = logs.CreateLogger<KeyRingDirectory>();

    public override IReadOnlyCollection<XElement> GetAllElements()
    {
        Create();
        return base.GetAllElements();
    }

    public override void StoreElement(XElement element, string friendlyName)
    {
        Create();
        base.StoreElement(element, friendlyName);
        // An action that was acknowledged survives a power cut, and so must its key.
        foreach (var file in Directory.EnumerateFiles("*.xml"))
            using (var stream = file.Open(FileMode.Open, FileAccess.ReadWrite, FileShare.Read))
                stream.Flush(flushToDisk: true);
        _log.KeyIsStored(Directory.FullName);
    }

    /// <summary>First of all, since the base class would create it readable by everybody.</summary>
    private void Create()
    {
        if (OperatingSystem.IsWindows())
            System.IO.Directory.CreateDirectory(Directory.FullName);
        else
            System.IO.Directory.CreateDirectory(Directory.FullName, OwnerOnly);
    }
}
