// .NET 5 brought it; the converters that the generator writes do not depend on it.
namespace System.Text.Json.Serialization
{
    [System.AttributeUsage(System.AttributeTargets.Constructor)]
    internal sealed class JsonConstructorAttribute : System.Attribute { }
}
